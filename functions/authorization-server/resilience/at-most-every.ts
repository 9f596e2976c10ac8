import { withTimeOfItsOwn } from "../../platform/request-scope.ts";

/**
 * Guards a call to somebody who may be slow or down: it is under way at most once, and not made again until a pause after
 * its end. Everyone who asks meanwhile gets the same outcome, be it a value or an error. It has the time of a whole request, however
 * little is left to the request that starts it.
 *
 * @param seconds the pause
 * @param now the time in seconds
 */
export function atMostEvery<T>(seconds: number, now: () => number, call: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined;
  let endedAt: number | undefined;
  return () => {
    if (!outcome || (endedAt !== undefined && now() >= endedAt + seconds)) {
      endedAt = undefined;
      outcome = withTimeOfItsOwn(call);
      const end = () => {
        endedAt = now();
      };
      outcome.then(end, end);
    }
    return outcome;
  };
}
