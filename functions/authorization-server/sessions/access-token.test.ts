import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { KeyRing } from "../keys/key-ring.ts";
import { makeKeyRing } from "../testing/keys.ts";
import { type AccessTokenClaims, readAccessToken, signAccessToken } from "./access-token.ts";

const ISSUER = "https://gw.example";
const claims: AccessTokenClaims = {
  iss: ISSUER,
  sub: "user",
  aud: `${ISSUER}/mcp`,
  client_id: "client",
  scope: "mcp.tools mcp.admin",
  jti: "jti",
  sid: "session",
  iat: 1_800_000_000,
  exp: 1_800_003_600,
};

let keys: KeyRing;
let otherKeys: KeyRing;
beforeAll(async () => {
  [keys, otherKeys] = await Promise.all([makeKeyRing(), makeKeyRing()]);
});

describe("signAccessToken", () => {
  it("TOK-1 makes an RFC 9068 token that the published keys verify", async () => {
    const token = await signAccessToken(keys, claims);
    const { kid } = await keys.signingKey();
    expect(decodeProtectedHeader(token)).toEqual({ alg: "RS256", typ: "at+jwt", kid });
    const { payload } = await jwtVerify(token, createLocalJWKSet(await keys.publicKeys()), {
      issuer: ISSUER,
      audience: claims.aud,
      typ: "at+jwt",
      currentDate: new Date((claims.iat + 1) * 1000),
    });
    expect(payload).toEqual(claims);
  });
});

/** Signs whatever header and payload with our own key. */
async function forge(header: object, payload: string): Promise<string> {
  const { kid, sign } = await keys.signingKey();
  const part = (text: string) => Buffer.from(text).toString("base64url");
  const input = `${part(JSON.stringify({ alg: "RS256", kid, ...header }))}.${part(payload)}`;
  return `${input}.${Buffer.from(await sign(Buffer.from(input))).toString("base64url")}`;
}

describe("readAccessToken", () => {
  it("TOK-7 reads our token, also one that has ended", async () => {
    const ended = { ...claims, iat: 1, exp: 2 };
    expect(await readAccessToken(keys, ISSUER, await signAccessToken(keys, claims))).toEqual(claims);
    expect(await readAccessToken(keys, ISSUER, await signAccessToken(keys, ended))).toEqual(ended);
  });

  it("TOK-9 takes a token of another issuer for none of ours, though the key be the same", async () => {
    const token = await signAccessToken(keys, { ...claims, iss: "https://other.example" });
    expect(await readAccessToken(keys, ISSUER, token)).toBeUndefined();
  });

  it("TOK-9 takes a token under another key for none of ours", async () => {
    expect(await readAccessToken(keys, ISSUER, await signAccessToken(otherKeys, claims))).toBeUndefined();
  });

  it.each(["JWT", "at+JWT", "application/at+jwt", undefined])(
    "TOK-9 takes type %s for none of ours",
    async (typ) => {
      const token = await forge({ typ }, JSON.stringify(claims));
      expect(await readAccessToken(keys, ISSUER, token)).toBeUndefined();
    },
  );

  it("refuses a token whose claims were changed", async () => {
    const [header, , signature] = (await signAccessToken(keys, claims)).split(".");
    const changed = Buffer.from(JSON.stringify({ ...claims, sid: "other" })).toString("base64url");
    expect(await readAccessToken(keys, ISSUER, `${header}.${changed}.${signature}`)).toBeUndefined();
  });

  it("refuses an unsigned token, and one signed with the public key as a shared secret", async () => {
    const { kid } = await keys.signingKey();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${part({ alg: "none", typ: "at+jwt", kid })}.${part(claims)}.`;
    expect(await readAccessToken(keys, ISSUER, unsigned)).toBeUndefined();
    const [jwk] = (await keys.publicKeys()).keys;
    const confused = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid })
      .sign(new TextEncoder().encode(JSON.stringify(jwk)));
    expect(await readAccessToken(keys, ISSUER, confused)).toBeUndefined();
  });

  it.each(["", "a.b.c", "..", "ac.x.y.z", "eyJhbGciOiJSUzI1NiJ9..", "🦜"])(
    "takes %j for none of ours",
    async (text) => {
      expect(await readAccessToken(keys, ISSUER, text)).toBeUndefined();
    },
  );

  it("takes a signed text that is no JSON for none of ours", async () => {
    expect(await readAccessToken(keys, ISSUER, await forge({ typ: "at+jwt" }, "text"))).toBeUndefined();
    expect(await readAccessToken(keys, ISSUER, await forge({ typ: "at+jwt" }, "null"))).toBeUndefined();
  });
});
