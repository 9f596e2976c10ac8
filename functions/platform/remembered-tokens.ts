import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";
import type { EntraTokenVerifier } from "./entra.ts";

/** How long a verified token is taken for good, in milliseconds. A key that the issuer withdraws counts for no longer. */
const LONGEST_MS = 60_000;
/** More than a gateway has tokens at a time. */
const MOST_TOKENS = 32;

interface Remembered {
  readonly claims: JWTPayload;
  /** Of performance.now(): a clock that is set back gives no token more time. */
  readonly until: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Verifies a caller's token once a minute instead of in each request: the gateway shows the same one for hours. Only tokens that
 * verified are remembered, by their SHA-256, for at most a minute and never past their own end.
 */
export function rememberingVerified(verify: EntraTokenVerifier): EntraTokenVerifier {
  const remembered = new Map<string, Remembered>();
  return async (token) => {
    const hash = createHash("sha256").update(token).digest("base64");
    const known = remembered.get(hash);
    if (known && performance.now() < known.until && Date.now() < known.expiresAt) return known.claims;
    remembered.delete(hash);
    const claims = await verify(token);
    if (claims.exp === undefined) return claims;
    for (const oldest of remembered.keys()) {
      if (remembered.size < MOST_TOKENS) break;
      remembered.delete(oldest);
    }
    remembered.set(hash, {
      claims,
      until: performance.now() + LONGEST_MS,
      expiresAt: claims.exp * 1000,
    });
    return claims;
  };
}
