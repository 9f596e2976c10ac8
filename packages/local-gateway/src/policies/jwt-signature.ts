import { constants, KeyObject, verify } from "node:crypto";
import { compactVerify, importJWK, type JWK } from "jose";
import type { Jwt } from "../expressions/types/jwt-value.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import { JwtRefusal } from "./jwt-refusal.ts";
import type { Evaluated } from "./values.ts";

/** Where the keys for a token may come from. */
export interface KeySource {
  readonly exchange: Exchange;
  /** OpenID provider configurations. */
  readonly urls: readonly string[];
  readonly written: readonly (
    | { readonly jwk: JWK }
    | { readonly kid: string | undefined; readonly secret: Evaluated<string> }
  )[];
}

const ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const SYMMETRIC = ["HS256", "HS384", "HS512"];

/** A secret, or a public key with the tokens that it signed. */
type Key = Uint8Array | { readonly native: KeyObject; readonly signed: Set<string> };

/** A client sends its token with each call. So many tokens are remembered for a key. */
const REMEMBERED_TOKENS = 1000;

interface Candidate {
  readonly kid: string | undefined;
  readonly key: (algorithm: string) => Promise<Key>;
  readonly algorithms: readonly string[];
}

/**
 * Verifies a token's signature (RFC 7515 §5.2).
 *
 * @returns the issuers that the OpenID provider configurations name
 * @throws JwtRefusal
 */
export async function verifySignature(
  token: string,
  jwt: Jwt,
  source: KeySource,
  required: boolean,
): Promise<string[]> {
  const { alg, kid } = jwt.header;
  const first = await loadKeys(source, false);
  if (alg === "none" && !required) return first.issuers;
  if (typeof alg !== "string" || token.endsWith(".")) {
    throw new JwtRefusal("TokenSignatureInvalid", "The token is not signed. Access denied.");
  }
  // No extension is understood here, and b64 is not for JWTs (RFC 7515 §4.1.11, RFC 7797 §7).
  if ("crit" in jwt.header || "b64" in jwt.header) {
    throw new JwtRefusal("TokenSignatureInvalid", "The token's header asks for more. Access denied.");
  }
  let { candidates, issuers } = first;
  const matching = () =>
    candidates.filter((each) => typeof kid !== "string" || each.kid === undefined || each.kid === kid);
  if (matching().length === 0 && source.urls.length > 0)
    ({ candidates, issuers } = await loadKeys(source, true));
  const usable = matching();
  if (usable.length === 0) {
    throw new JwtRefusal(
      "TokenSignatureKeyNotFound",
      "The key of the token's signature was not found. Access denied.",
    );
  }
  for (const { key, algorithms } of usable) {
    if (!algorithms.includes(alg)) continue;
    const verified = await key(alg)
      .then((value) => verifyWith(value, token, alg))
      .catch(() => undefined);
    if (verified) return issuers;
  }
  throw new JwtRefusal("TokenSignatureInvalid", "The token's signature is not valid. Access denied.");
}

async function loadKeys(
  source: KeySource,
  again: boolean,
): Promise<{ candidates: Candidate[]; issuers: string[] }> {
  const { openId } = source.exchange.services;
  const load = (url: string) => (again ? openId.refresh(url) : openId.get(url));
  const configurations = await Promise.all(source.urls.map(load)).catch(() => {
    // In the words of Microsoft.IdentityModel, which API Management passes on.
    throw new JwtRefusal(
      "JwtInvalid",
      `IDX20803: Unable to obtain configuration from: '${source.urls.join(" ")}'.`,
    );
  });
  const published = configurations.flatMap(({ keys }) =>
    keys.filter(({ kty, use }) => kty === "RSA" && use !== "enc").map(fromJwk),
  );
  const written = source.written.map((each): Candidate => {
    if ("jwk" in each) return fromJwk(each.jwk);
    const secret = Buffer.from(each.secret(source.exchange), "base64");
    return { kid: each.kid, key: async () => secret, algorithms: SYMMETRIC };
  });
  return {
    candidates: [...published, ...written],
    issuers: configurations.flatMap(({ issuer }) => (issuer === undefined ? [] : [issuer])),
  };
}

const SHORTEST_RSA_KEY = 2048;

async function importKey(jwk: JWK, algorithm: string): Promise<Key> {
  const key = await importJWK({ ...jwk, alg: algorithm }, algorithm);
  if (key instanceof Uint8Array) return key;
  const native = KeyObject.from(key);
  const { modulusLength = 0 } = native.asymmetricKeyDetails ?? {};
  if (modulusLength < SHORTEST_RSA_KEY) throw new Error("the key is too short (RFC 7518 §3.3)");
  if (!key.usages.includes("verify")) throw new Error("the key is not for signatures");
  return { native, signed: new Set() };
}

/** A compact JWS of three parts in base64url, without padding. */
const COMPACT = /^([\w-]+\.[\w-]+)\.([\w-]+)$/;

/**
 * Whether the signature is the key's. Node's own check takes a fifth of jose's time. Shared secrets
 * go through jose.
 */
async function verifyWith(key: Key, token: string, algorithm: string): Promise<boolean> {
  if ("signed" in key && key.signed.has(token)) return true;
  const [, signed, signature] = COMPACT.exec(token) ?? [];
  if (key instanceof Uint8Array)
    return compactVerify(token, key, { algorithms: [algorithm] }).then(() => true);
  if (!signed || !signature) return false;
  const padding = algorithm.startsWith("PS")
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { padding: constants.RSA_PKCS1_PADDING };
  const isSigned = verify(
    `sha${algorithm.slice(2)}`,
    Buffer.from(signed),
    { key: key.native, ...padding },
    Buffer.from(signature, "base64url"),
  );
  if (key.signed.size >= REMEMBERED_TOKENS) key.signed.clear();
  if (isSigned) key.signed.add(token);
  return isSigned;
}

const imported = new WeakMap<JWK, Map<string, Promise<Key>>>();

function fromJwk(jwk: JWK): Candidate {
  return {
    kid: jwk.kid,
    algorithms: jwk.alg === undefined ? ASYMMETRIC : ASYMMETRIC.filter((algorithm) => algorithm === jwk.alg),
    key: (algorithm) => {
      const byAlgorithm = imported.get(jwk) ?? new Map<string, Promise<Key>>();
      imported.set(jwk, byAlgorithm);
      const key = byAlgorithm.get(algorithm) ?? importKey(jwk, algorithm);
      byAlgorithm.set(algorithm, key);
      return key;
    },
  };
}
