import { LRUCache } from "lru-cache";
import { FetchError, TooManyFetchesError } from "./fetch-error.ts";
import { LONGEST_FRESH } from "./freshness.ts";

/** A value that was made of what an address answered. */
export interface Loaded<T> {
  readonly value: T;
  /** Seconds. */
  readonly freshFor: number;
}

interface CacheBounds {
  /** How many values are kept, and how many failures besides. */
  readonly entries: number;
  /** @returns seconds for which a failure of this URL is not tried again */
  failurePause(url: string): number;
}

export const CACHE_BOUNDS: CacheBounds = { entries: 500, failurePause: () => 30 };

interface Kept<T> extends Loaded<T> {
  readonly since: number;
}

/**
 * Keeps what addresses answered, in this process: the least recently used goes first. Whoever asks for an address that
 * is being asked gets the same answer. Failures are kept for a moment, apart, so that they push out no value; where the
 * failure may pass, the last value serves on, but never for longer than any value may be fresh.
 *
 * @param load throws FetchError, or anything else, which is kept as well
 * @param now the time in seconds
 */
export function remoteCache<T>(
  load: (url: string) => Promise<Loaded<T>>,
  { entries, failurePause }: CacheBounds,
  now: () => number,
): (url: string) => Promise<T> {
  const values = new LRUCache<string, Kept<T>>({ max: entries });
  const failures = new LRUCache<string, { readonly error: unknown; readonly until: number }>({
    max: entries,
  });
  const underWay = new Map<string, Promise<T>>();

  async function loadAndKeep(url: string): Promise<T> {
    try {
      const loaded = await load(url);
      values.set(url, { ...loaded, since: now() });
      return loaded.value;
    } catch (error) {
      // What one caller may not have fetched now, the next one may.
      if (!(error instanceof TooManyFetchesError)) {
        failures.set(url, { error, until: now() + failurePause(url) });
      }
      return orFallBack(url, error);
    }
  }

  function orFallBack(url: string, error: unknown): T {
    const old = values.get(url);
    const mayPass = error instanceof FetchError && error.kind === "unavailable";
    if (mayPass && old && now() < old.since + LONGEST_FRESH) return old.value;
    values.delete(url);
    throw error;
  }

  return async (url) => {
    const kept = values.get(url);
    if (kept && now() < kept.since + kept.freshFor) return kept.value;
    const failure = failures.get(url);
    if (failure && now() < failure.until) return orFallBack(url, failure.error);
    const waiting = underWay.get(url) ?? loadAndKeep(url).finally(() => underWay.delete(url));
    underWay.set(url, waiting);
    return waiting;
  };
}
