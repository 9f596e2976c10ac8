import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JWK,
  jwtVerify,
} from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeKeys } from "../../../twin/app-keys.ts";
import { seal, unseal } from "../crypto/seal.ts";
import { signAccessToken } from "../sessions/access-token.ts";
import { folderKeyRing } from "./folder-key-ring.ts";
import type { KeyRing } from "./key-ring.ts";

/** Made once: RSA keys take their time. */
const rsa: JWK[] = [];
let folder: string;

beforeAll(async () => {
  for (let i = 0; i < 2; i++) {
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    rsa.push(await exportJWK(privateKey));
  }
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "key-ring-"));
});
afterEach(() => rm(folder, { recursive: true }));

const NOW = 1_800_000_000;
const HOUR = 3600;
const openRing = (now = NOW) =>
  folderKeyRing({ folder, now: () => now, activation: 2 * HOUR, tokenLifetime: HOUR });

const put = (name: string, content: unknown) =>
  writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
const putSigning = (kid: string, jwk: JWK | undefined = rsa[0]) =>
  put(`${kid}.signing.jwk.json`, { ...jwk, kid });
/** @param createdAt seconds since 1970 */
const putSigningAt = async (kid: string, jwk: JWK | undefined, createdAt: number) => {
  await putSigning(kid, jwk);
  await utimes(join(folder, `${kid}.signing.jwk.json`), createdAt, createdAt);
};
const putData = (kid: string, key = randomBytes(32)) =>
  put(`${kid}.data.jwk.json`, { kty: "oct", k: key.toString("base64url"), kid });

async function putKeys(): Promise<void> {
  await putSigning("1");
  await putData("1");
}

const claims = {
  iss: "https://gw.example",
  sub: "u",
  aud: "https://gw.example/mcp",
  client_id: "c",
  scope: "mcp.tools",
  jti: "j",
  sid: "s",
  iat: 1_800_000_000,
  exp: 4_000_000_000,
};

describe("folderKeyRing", () => {
  it("takes the keys that the local twin makes", async () => {
    await makeKeys(folder);
    const ring = await openRing();
    const token = await signAccessToken(ring, claims);
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(await ring.publicKeys()));
    expect(payload).toEqual(claims);
    expect(protectedHeader).toEqual({ alg: "RS256", typ: "at+jwt", kid: (await ring.signingKey()).kid });
    expect((await ring.dataKey()).key).toHaveLength(32);
  });

  it("SES-2 signs with the newest key that was published for long enough, and publishes a newer one", async () => {
    await putSigningAt("b", rsa[0], NOW - 10 * HOUR);
    await putSigningAt("a", rsa[1], NOW - 2 * HOUR + 1);
    await putData("data");
    const kids = async (ring: KeyRing) => (await ring.publicKeys()).keys.map(({ kid }) => kid);
    expect((await (await openRing()).signingKey()).kid).toBe("b");
    expect(await kids(await openRing())).toEqual(["b", "a"]);
    expect((await (await openRing(NOW + 1)).signingKey()).kid).toBe("a");
    expect(await kids(await openRing(NOW + 2 * HOUR))).toEqual(["b", "a"]);
    expect(await kids(await openRing(NOW + 3 * HOUR))).toEqual(["a"]);
  });

  it("SES-2 signs with the last by name of several that were copied at once, when their time has come", async () => {
    await putSigningAt("2026-02", rsa[1], NOW - 2 * HOUR);
    await putSigningAt("2026-01", rsa[0], NOW - 2 * HOUR);
    await putData("data");
    const ring = await openRing();
    expect((await ring.signingKey()).kid).toBe("2026-02");
    const { keys } = await ring.publicKeys();
    expect(keys.map(({ kid }) => kid)).toEqual(["2026-01", "2026-02"]);
    const thumbprints = await Promise.all(keys.map((key) => calculateJwkThumbprint(key)));
    expect(thumbprints).toEqual(await Promise.all(rsa.map((key) => calculateJwkThumbprint(key))));
  });

  it("SES-2 still verifies the tokens of a key that no longer signs", async () => {
    await putSigningAt("1", rsa[0], NOW - 10 * HOUR);
    await putData("data");
    const token = await signAccessToken(await openRing(), claims);
    await putSigningAt("2", rsa[1], NOW - 2 * HOUR);
    const rotated = await openRing();
    expect((await rotated.signingKey()).kid).toBe("2");
    const keys = createLocalJWKSet(await rotated.publicKeys());
    await expect(jwtVerify(token, keys)).resolves.toMatchObject({ payload: claims });
  });

  it("publishes no private member", async () => {
    await putSigning("1");
    await putSigning("2", rsa[1]);
    await putData("data");
    const { keys } = await (await openRing()).publicKeys();
    for (const key of keys) expect(Object.keys(key).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    const published = JSON.stringify(keys);
    for (const jwk of rsa) {
      for (const member of ["d", "p", "q", "dp", "dq", "qi"] as const) {
        expect(published).not.toContain(jwk[member]);
      }
    }
  });

  it("SES-2 seals with the last data key by name, and still opens what older ones sealed", async () => {
    await putSigning("1");
    await putData("a");
    const before = await openRing();
    const sealed = await seal(before, "entra-tokens", "record", "text");
    await putData("b");
    const after = await openRing();
    expect((await after.dataKey()).kid).toBe("b");
    expect(await unseal(after, "entra-tokens", "record", sealed)).toBe("text");
    await rm(join(folder, "a.data.jwk.json"));
    await expect(unseal(await openRing(), "entra-tokens", "record", sealed)).rejects.toThrow(
      "not on the ring",
    );
  });

  it("knows no data key that was never on it", async () => {
    await putKeys();
    expect(await (await openRing()).dataKeyById("other")).toBeUndefined();
  });

  it("leaves other files of the folder alone", async () => {
    await putKeys();
    await put("readme.txt", "not a key");
    await put("key.jwk.json", "not a key");
    await expect(openRing()).resolves.toBeDefined();
  });

  it.each([
    ["signing", "signing.jwk.json"],
    ["data", "data.jwk.json"],
  ])("needs a %s key", async (_, ending) => {
    await putKeys();
    for (const name of await readdir(folder)) if (name.endsWith(ending)) await rm(join(folder, name));
    await expect(openRing()).rejects.toThrow("KEY_FOLDER holds no signing key or no data key");
  });

  it("needs the folder", async () => {
    await expect(
      folderKeyRing({ folder: join(folder, "absent"), now: () => NOW, activation: 0, tokenLifetime: 1 }),
    ).rejects.toThrow("ENOENT");
  });

  it.each<[problem: string, name: string, content: unknown]>([
    ["is not a usable JWK", "x.signing.jwk.json", '{"kty":"RSA","d":"c2VjcmV0" '],
    ["is not a usable JWK", "x.signing.jwk.json", { kty: "RSA", kid: "x", d: "c2VjcmV0" }],
    ["is not a usable JWK", "x.data.jwk.json", '"c2VjcmV0" and more'],
    ["is not a usable JWK", "x.data.jwk.json", "null"],
    ["is not 256 bits long", "x.data.jwk.json", { kty: "oct", kid: "x", k: "c2VjcmV0" }],
    ["is not 256 bits long", "x.data.jwk.json", { kty: "oct", kid: "x" }],
    ["has no kid", "x.data.jwk.json", { kty: "oct", k: randomBytes(32).toString("base64url") }],
  ])("names the file that %s, and nothing of what is in it", async (problem, name, content) => {
    await putKeys();
    await put(name, content);
    try {
      await openRing();
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).toBe(`KEY_FOLDER: ${name} ${problem}`);
      expect((error as Error).cause).toBeUndefined();
    }
  });

  it("takes no key of another kind than RSA to sign with", async () => {
    await putKeys();
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    await putSigning("x", await exportJWK(privateKey));
    await expect(openRing()).rejects.toThrow("KEY_FOLDER: x.signing.jwk.json is not an RSA key");
  });

  it("takes a signing key without kid for none", async () => {
    await putKeys();
    await put("x.signing.jwk.json", rsa[0]);
    await expect(openRing()).rejects.toThrow("KEY_FOLDER: x.signing.jwk.json has no kid");
  });
});
