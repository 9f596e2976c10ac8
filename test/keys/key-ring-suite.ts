import { createLocalJWKSet, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SealError, seal, unseal } from "../../functions/authorization-server/crypto/seal.ts";
import type { KeyRing } from "../../functions/authorization-server/keys/key-ring.ts";
import { signAccessToken } from "../../functions/authorization-server/sessions/access-token.ts";
import { ACTIVATION, TOKEN_LIFETIME } from "../support/key-vault.ts";

/** Keys somewhere, and the instances of the server that use them. */
export interface Keys {
  /** Another instance, with the keys as they are now. */
  instance(): Promise<KeyRing>;
  /** Makes a new signing key, and has instances take another data key from now on. */
  addKeys(): Promise<void>;
  /** Lets time pass. */
  pass(seconds: number): void;
  stop(): Promise<void>;
}

/** Makes both keys anew, and waits until instances sign with the new one. */
async function rotate(keys: Keys): Promise<void> {
  await keys.addKeys();
  keys.pass(ACTIVATION);
}

const ISSUER = "https://gateway.example";

/** A token of a session, and what a gateway thinks of it. */
function issue(ring: KeyRing): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, sub: "s", aud: `${ISSUER}/mcp`, client_id: "c", scope: "x" };
  return signAccessToken(ring, { ...claims, jti: "j", sid: "i", iat: now, exp: now + 600 });
}

async function verify(ring: KeyRing, token: string): Promise<{ kid: string | undefined }> {
  const keys = createLocalJWKSet(await ring.publicKeys());
  const { protectedHeader } = await jwtVerify(token, keys, { issuer: ISSUER, algorithms: ["RS256"] });
  return { kid: protectedHeader.kid };
}

/** What every key ring does, wherever its keys lie. */
export function describeKeyRing(name: string, start: () => Promise<Keys>): void {
  describe(name, () => {
    let keys: Keys;
    beforeEach(async () => {
      keys = await start();
    });
    afterEach(() => keys.stop());

    it("TOK-1 signs tokens that verify with the published key of the same ID", async () => {
      const ring = await keys.instance();
      const { kid } = await verify(ring, await issue(ring));
      expect(kid).toBe((await ring.signingKey()).kid);
    });

    it("publishes public members alone", async () => {
      const ring = await keys.instance();
      const { keys: published } = await ring.publicKeys();
      expect(published).toHaveLength(1);
      for (const key of published) {
        expect(Object.keys(key).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
        expect(key).toMatchObject({ kty: "RSA", alg: "RS256", use: "sig" });
      }
    });

    it("SES-1 opens on every instance what one of them sealed", async () => {
      const [one, other] = [await keys.instance(), await keys.instance()];
      const sealed = await seal(one, "entra-tokens", "session", "secret");
      expect(await unseal(other, "entra-tokens", "session", sealed)).toBe("secret");
      const back = await seal(other, "entra-tokens", "session", "secret");
      expect(await unseal(one, "entra-tokens", "session", back)).toBe("secret");
      expect((await one.dataKey()).key.byteLength).toBe(32);
    });

    it("SES-1 opens nothing as another kind or for another record", async () => {
      const ring = await keys.instance();
      const sealed = await seal(ring, "entra-tokens", "session", "secret");
      await expect(unseal(ring, "sign-in", "session", sealed)).rejects.toThrow(SealError);
      await expect(unseal(ring, "entra-tokens", "other", sealed)).rejects.toThrow(SealError);
    });

    it("SES-2 verifies tokens of the old signing key after a rotation, and signs with the new one", async () => {
      const before = await keys.instance();
      const old = await issue(before);
      await rotate(keys);
      const after = await keys.instance();
      const fresh = await issue(after);
      const [{ kid: oldKid }, { kid: newKid }] = [await verify(after, old), await verify(after, fresh)];
      expect(oldKid).toBe((await verify(before, old)).kid);
      expect(newKid).not.toBe(oldKid);
    });

    it("SES-2 publishes a new signing key for a time before it signs, and an old one until its last token has expired", async () => {
      const [old] = await kidsOf(await keys.instance());
      await keys.addKeys();
      const ring = await keys.instance();
      const [first, second] = await kidsOf(ring);
      expect([first, (await ring.signingKey()).kid]).toEqual([old, old]);
      expect(second).toBeDefined();
      keys.pass(ACTIVATION - 60);
      expect((await ring.signingKey()).kid).toBe(old);
      keys.pass(120);
      expect((await ring.signingKey()).kid).toBe(second);
      keys.pass(TOKEN_LIFETIME);
      expect(await kidsOf(ring)).toEqual([old, second]);
      keys.pass(2 * TOKEN_LIFETIME);
      expect(await kidsOf(ring)).toEqual([second]);
    });

    it("SES-2 opens with an old data key what was sealed before a rotation, and seals with the new one", async () => {
      const sealed = await seal(await keys.instance(), "entra-tokens", "session", "secret");
      await rotate(keys);
      const after = await keys.instance();
      expect(await unseal(after, "entra-tokens", "session", sealed)).toBe("secret");
      const fresh = await seal(after, "entra-tokens", "session", "secret");
      expect(kidOf(fresh)).not.toBe(kidOf(sealed));
      expect(await unseal(await keys.instance(), "entra-tokens", "session", fresh)).toBe("secret");
    });

    it("refuses an unknown data key", async () => {
      const ring = await keys.instance();
      const sealed = await seal(ring, "entra-tokens", "session", "secret");
      const [header, ...rest] = sealed.split(".");
      const forged = { ...JSON.parse(Buffer.from(header ?? "", "base64url").toString()), kid: "unknown" };
      const other = [Buffer.from(JSON.stringify(forged)).toString("base64url"), ...rest].join(".");
      await expect(unseal(ring, "entra-tokens", "session", other)).rejects.toThrow(SealError);
      expect(await ring.dataKeyById("unknown")).toBeUndefined();
    });

    it("refuses what is not sealed at all", async () => {
      const ring = await keys.instance();
      for (const text of ["", ".", "a.b.c.d.e", "eyJhbGciOiJkaXIifQ....", "\u0000"]) {
        await expect(unseal(ring, "consent", "r", text)).rejects.toThrow(SealError);
      }
    });
  });
}

async function kidsOf(ring: KeyRing): Promise<readonly (string | undefined)[]> {
  return (await ring.publicKeys()).keys.map(({ kid }) => kid);
}

function kidOf(sealed: string): unknown {
  return JSON.parse(Buffer.from(sealed.split(".")[0] ?? "", "base64url").toString()).kid;
}
