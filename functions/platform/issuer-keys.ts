import { createRemoteJWKSet, type JWTVerifyGetKey } from "jose";

/** Keys older than this are fetched anew. */
const FRESH_FOR_MS = 600_000;
/** Keys older than this are not used before an attempt to fetch them: the issuer may have withdrawn one. */
const STALE_AFTER_MS = 2 * FRESH_FOR_MS;
/** After an attempt, be it a failed one. */
const PAUSE_MS = 30_000;

/**
 * An issuer's keys, fetched on first use, and when a token names one that is not among them. Those that age are fetched
 * anew behind the requests, which go on with what is there: an issuer that is out for a while makes no good token bad. Only after a
 * long time without requests does one wait for them.
 *
 * @param url of the key set (RFC 7517 §5)
 * @param timeoutDuration milliseconds for one attempt to fetch it
 */
export function issuerKeys(url: URL, timeoutDuration: number): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(url, { timeoutDuration, cacheMaxAge: Number.POSITIVE_INFINITY });
  let fetchedAt = Date.now();
  let renewAt = fetchedAt + FRESH_FOR_MS;
  let lastFailed = false;
  let renewal: Promise<void> | undefined;
  const renew = async () => {
    renewAt = Date.now() + PAUSE_MS;
    try {
      await remote.reload();
      fetchedAt = Date.now();
      renewAt = fetchedAt + FRESH_FOR_MS;
      lastFailed = false;
    } catch {
      lastFailed = true;
    } finally {
      renewal = undefined;
    }
  };
  return async (header, token) => {
    if (remote.jwks() && Date.now() >= renewAt) renewal ??= renew();
    if (renewal && !lastFailed && Date.now() >= fetchedAt + STALE_AFTER_MS) await renewal;
    return remote(header, token);
  };
}
