import { randomUUID } from "node:crypto";
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  SignJWT,
} from "jose";

/** The tenant's signing key, made at start. */
export interface SigningKey {
  /** What the keys endpoint answers. */
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly verificationKey: JWTVerifyGetKey;
  /** @param header in addition to the usual one */
  sign(claims: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
}

/** @param issuer stands beside the public key, as in Entra's key set */
export async function makeSigningKey(issuer: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", {
    modulusLength: 2048,
    extractable: true,
  });
  const kid = randomUUID();
  const jwk = { ...(await exportJWK(publicKey)), kid, use: "sig", issuer };
  return {
    jwks: { keys: [jwk] },
    verificationKey: createLocalJWKSet({ keys: [jwk] }),
    sign: async (claims, header = {}) => {
      const protectedHeader = { typ: "JWT", alg: "RS256", kid, ...header };
      const { alg } = protectedHeader;
      const key = alg === "RS256" ? privateKey : await importJWK(await exportJWK(privateKey), alg);
      return new SignJWT(claims).setProtectedHeader(protectedHeader).sign(key);
    },
  };
}
