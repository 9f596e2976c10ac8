import { hash } from "node:crypto";
import type { JWTPayload } from "jose";
import { LRUCache } from "lru-cache";
import type { EntraTokenVerifier } from "./entra.ts";

/** How long a verified token is taken for good, in milliseconds. A key that the issuer withdraws may count for so much longer. */
const LONGEST_MS = 60_000;
/** More than a gateway has tokens at a time. */
const MOST_TOKENS = 32;

/**
 * Verifies a caller's token once a minute instead of in each request: the gateway shows the same one for hours. Only tokens that
 * verified are remembered, by their SHA-256, for at most a minute and never past their own end.
 */
export function rememberingVerified(verify: EntraTokenVerifier): EntraTokenVerifier {
  const remembered = new LRUCache<string, JWTPayload>({
    max: MOST_TOKENS,
    ttl: LONGEST_MS,
    ttlResolution: 0,
    // A system clock that is set back gives no token more time.
    perf: { now: () => performance.now() },
  });
  return async (token) => {
    const digest = hash("sha256", token, "base64");
    const known = remembered.get(digest);
    if (known?.exp !== undefined && Date.now() < known.exp * 1000) return known;
    const claims = await verify(token);
    remembered.set(digest, claims);
    return claims;
  };
}
