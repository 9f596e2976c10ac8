import { compactVerify, createLocalJWKSet, type JWTPayload } from "jose";
import type { KeyRing } from "../keys/key-ring.ts";
import { signJwt } from "./sign-jwt.ts";

/** RFC 9068 §2.2, and the session. `issue-tokens.ts` gives them their values; `oauth/introspect.ts` lists those that it shows. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  /** Space-separated. */
  readonly scope: string;
  readonly jti: string;
  readonly sid: string;
  readonly iat: number;
  readonly exp: number;
}

const TYPE = "at+jwt";

/** @returns the signed access token (RFC 9068 §2.1) */
export function signAccessToken(keys: KeyRing, claims: AccessTokenClaims): Promise<string> {
  return signJwt(keys, TYPE, claims);
}

/**
 * Reads one of our access tokens whether it still lives or not, as `/revoke` needs it.
 *
 * @returns undefined when it is none of ours
 * @throws KeyError when our keys cannot be had now
 */
export async function readAccessToken(
  keys: KeyRing,
  issuer: string,
  token: string,
): Promise<AccessTokenClaims | undefined> {
  const keySet = createLocalJWKSet(await keys.publicKeys());
  try {
    const { payload, protectedHeader } = await compactVerify(token, keySet, { algorithms: ["RS256"] });
    const claims = JSON.parse(new TextDecoder().decode(payload)) as JWTPayload;
    if (protectedHeader.typ !== TYPE || claims.iss !== issuer) return undefined;
    return claims as unknown as AccessTokenClaims;
  } catch {
    return undefined;
  }
}
