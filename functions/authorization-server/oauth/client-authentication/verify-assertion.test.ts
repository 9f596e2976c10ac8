import { createHmac } from "node:crypto";
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { singleUse } from "./single-use.ts";
import { ASSERTION_ALGORITHMS, assertionFault } from "./verify-assertion.ts";

const NOW = 1_800_000_000;
const CLIENT = "https://client.example/client.json";
const audiences = ["https://gw.example", "https://gw.example/token"];
const good = { iss: CLIENT, sub: CLIENT, aud: audiences[0], jti: "1", iat: NOW, exp: NOW + 60 };

let privateKey: CryptoKey;
let strangersKey: CryptoKey;
let keys: JSONWebKeySet;
let spki: string;
let used = singleUse({ perClient: 10, inAll: 10 }, () => NOW);
beforeAll(async () => {
  const [own, strangers] = await Promise.all([
    generateKeyPair("ES256", { extractable: true }),
    generateKeyPair("ES256"),
  ]);
  privateKey = own.privateKey;
  strangersKey = strangers.privateKey;
  spki = await exportSPKI(own.publicKey);
  keys = { keys: [{ ...(await exportJWK(own.publicKey)), kid: "k1" }] };
});
beforeEach(() => {
  used = singleUse({ perClient: 10, inAll: 10 }, () => NOW);
});

const sign = (claims: object, header: object = {}, key = privateKey) =>
  new SignJWT(claims as JWTPayload).setProtectedHeader({ alg: "ES256", kid: "k1", ...header }).sign(key);

const fault = (assertion: string, changes: object = {}) =>
  assertionFault(assertion, { clientId: CLIENT, keys, audiences, used, now: NOW, ...changes });

describe("assertionFault", () => {
  it.each<[string, object]>([
    ["for the issuer", {}],
    ["for the token endpoint", { aud: audiences[1] }],
    ["for both", { aud: audiences }],
    ["of five minutes", { exp: NOW + 300 }],
    ["without iat", { iat: undefined }],
    ["with a long ID", { jti: "x".repeat(256) }],
    ["of a clock that is 30 seconds ahead", { iat: NOW + 30, exp: NOW + 330 }],
    ["of a clock that is behind", { iat: NOW - 100, exp: NOW - 29 }],
  ])("CLI-5 takes an assertion %s", async (_, changes) => {
    expect(await fault(await sign({ ...good, ...changes }))).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ["of another issuer", { iss: "https://evil.example/c" }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["about another client", { sub: "https://evil.example/c" }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["without an issuer", { iss: undefined }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["without a subject", { sub: undefined }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["without an audience", { aud: undefined }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["without an end", { exp: undefined }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["without an ID", { jti: undefined }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["for another server", { aud: "https://evil.example" }, "audience"],
    ["for us and another server", { aud: [audiences[0], "https://evil.example"] }, "audience"],
    ["for nobody", { aud: [] }, "audience"],
    ["for the issuer with a slash", { aud: `${audiences[0]}/` }, "audience"],
    ["for another endpoint of ours", { aud: "https://gw.example/register" }, "audience"],
    ["that has ended", { exp: NOW - 30 }, "ERR_JWT_EXPIRED"],
    ["that lives for too long", { exp: NOW + 331 }, "lives_too_long"],
    ["that is not yet good", { nbf: NOW + 31 }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["from the future", { iat: NOW + 31 }, "issued_in_the_future"],
    ["with an empty ID", { jti: "" }, "jti"],
    ["with a number for an ID", { jti: 5 }, "jti"],
    ["with a huge ID", { jti: "x".repeat(257) }, "jti"],
  ])("CLI-5 refuses an assertion %s", async (_, changes, reason) => {
    expect(await fault(await sign({ ...good, ...changes }))).toBe(reason);
  });

  it("CLI-5 takes each assertion once, however it is spelled, and another's with the same ID", async () => {
    const first = await sign(good);
    expect(await fault(first)).toBeUndefined();
    expect(await fault(first)).toBe("replayed");
    expect(await fault(await sign({ ...good, exp: NOW + 61 }))).toBe("replayed");
    const other = { ...good, iss: "other", sub: "other" };
    expect(await fault(await sign(other), { clientId: "other" })).toBeUndefined();
  });

  it("CLI-5 takes it once for as long as it is taken at all, which is beyond its end by what clocks may differ", async () => {
    let now = NOW;
    const remembered = singleUse({ perClient: 10, inAll: 10 }, () => now);
    const assertion = await sign(good);
    expect(await fault(assertion, { used: remembered })).toBeUndefined();
    for (now of [NOW + 59, NOW + 60, NOW + 89]) {
      expect(await fault(assertion, { used: remembered, now })).toBe("replayed");
    }
    expect(await fault(assertion, { used: remembered, now: NOW + 90 })).toBe("ERR_JWT_EXPIRED");
  });

  it("CLI-5 takes it once also when another client has used as many as are remembered of one, and more", async () => {
    const bounded = singleUse({ perClient: 3, inAll: 5 }, () => NOW);
    const first = await sign(good);
    expect(await fault(first, { used: bounded })).toBeUndefined();
    for (let n = 0; n < 20; n++) {
      const assertion = await sign({ ...good, iss: "busy", sub: "busy", jti: String(n) });
      expect(await fault(assertion, { clientId: "busy", used: bounded })).toBeUndefined();
    }
    expect(await fault(first, { used: bounded })).toBe("replayed");
  });

  it("CLI-5 does not let a refused assertion use up the ID of a good one", async () => {
    expect(await fault(await sign(good, {}, strangersKey))).toBe("ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
    expect(await fault(await sign({ ...good, exp: NOW + 1_000 }))).toBe("lives_too_long");
    expect(await fault(await sign(good))).toBeUndefined();
  });

  it("CLI-5 refuses algorithm confusion, none, embedded keys and tricks with kid", async () => {
    const [header, payload] = (await sign(good)).split(".");
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const stranger = await exportJWK((await generateKeyPair("ES256", { extractable: true })).publicKey);
    const hmacInput = `${part({ alg: "HS256", kid: "k1" })}.${payload}`;
    const evil = [
      new UnsecuredJWT(good as JWTPayload).encode(),
      `${part({ alg: "none" })}.${payload}.`,
      `${hmacInput}.${createHmac("sha256", spki).update(hmacInput).digest("base64url")}`,
      await sign(good, { jwk: stranger }, strangersKey),
      await sign(good, { jku: "https://evil.example/jwks" }, strangersKey),
      await sign(good, { kid: "../../k1" }),
      await sign(good, { kid: "" }),
      `${header}.${part({ ...good, sub: CLIENT, jti: "2" })}.${(await sign(good)).split(".")[2]}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      "x",
      "",
      "..",
      "a".repeat(10_000),
    ];
    for (const assertion of evil) expect(await fault(assertion)).toMatch(/^ERR_|^key_unusable$/);
    expect(await fault(await sign(good))).toBeUndefined();
  });

  it("refuses, and does not fail, where the key set holds what is no key", async () => {
    for (const broken of [
      { kty: "EC", kid: "k1" },
      { kid: "k1" },
      { kty: "EC", crv: "P-256", x: 1, y: [], kid: "k1" },
    ]) {
      expect(await fault(await sign(good), { keys: { keys: [broken] } })).toMatch(/^ERR_|^key_unusable$/);
    }
  });

  it.each(ASSERTION_ALGORITHMS)("takes %s", async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const set = { keys: [{ ...(await exportJWK(pair.publicKey)), alg }] };
    const assertion = await new SignJWT(good as JWTPayload).setProtectedHeader({ alg }).sign(pair.privateKey);
    expect(await fault(assertion, { keys: set })).toBeUndefined();
  });

  it.each(["RS512", "PS384", "ES512"])(
    "CLI-5 does not take %s, whatever the client's own key says",
    async (alg) => {
      const pair = await generateKeyPair(alg, { extractable: true });
      const set = { keys: [{ ...(await exportJWK(pair.publicKey)), alg }] };
      const assertion = await new SignJWT(good as JWTPayload)
        .setProtectedHeader({ alg })
        .sign(pair.privateKey);
      expect(await fault(assertion, { keys: set })).toBe("ERR_JOSE_ALG_NOT_ALLOWED");
    },
  );
});
