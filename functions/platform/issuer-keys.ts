import { createRemoteJWKSet, type JWTVerifyGetKey } from "jose";

/** Keys older than this are fetched anew. */
const FRESH_FOR_MS = 600_000;
/** After an attempt, be it a failed one. */
const PAUSE_MS = 30_000;

/**
 * An issuer's keys, fetched on first use, and when a token names one that is not among them. Those that age are fetched
 * anew behind the requests, which go on with what is there: an issuer that is out for a while makes no good token bad.
 *
 * @param url of the key set (RFC 7517 §5)
 * @param timeoutDuration milliseconds for one attempt to fetch it
 */
export function issuerKeys(url: URL, timeoutDuration: number): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(url, { timeoutDuration, cacheMaxAge: Number.POSITIVE_INFINITY });
  let renewAt = Date.now() + FRESH_FOR_MS;
  return (header, token) => {
    if (remote.jwks() && Date.now() >= renewAt) {
      renewAt = Date.now() + PAUSE_MS;
      remote.reload().then(
        () => {
          renewAt = Date.now() + FRESH_FOR_MS;
        },
        () => undefined,
      );
    }
    return remote(header, token);
  };
}
