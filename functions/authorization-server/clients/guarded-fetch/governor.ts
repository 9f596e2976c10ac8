import { FetchError } from "./fetch-error.ts";

export interface FetchAllowance {
  /** Fetches under way at once, in this process. */
  readonly atOnce: number;
  /** Fetches begun in any one minute. */
  readonly perMinute: number;
  /** The same, to any one host. */
  readonly perHostAndMinute: number;
}

/** Enough for all the clients that sign in here for the first time in a minute, and too little to hurt anyone. */
export const FETCH_ALLOWANCE: FetchAllowance = { atOnce: 16, perMinute: 120, perHostAndMinute: 10 };

const MINUTE = 60;

/**
 * Keeps strangers from having us send requests at a rate of theirs (amplification, or a scan by proxy).
 *
 * @param now the time in seconds
 * @returns a function that runs a fetch, or throws FetchError `unavailable` without running it
 */
export function fetchGovernor(
  allowance: FetchAllowance,
  now: () => number,
): <T>(host: string, fetch: () => Promise<T>) => Promise<T> {
  let minute = Number.NaN;
  let underWay = 0;
  let begun = 0;
  let begunByHost = new Map<string, number>();
  return async (host, fetch) => {
    const current = Math.floor(now() / MINUTE);
    if (current !== minute) {
      minute = current;
      begun = 0;
      begunByHost = new Map();
    }
    const toHost = begunByHost.get(host) ?? 0;
    if (
      underWay >= allowance.atOnce ||
      begun >= allowance.perMinute ||
      toHost >= allowance.perHostAndMinute
    ) {
      throw new FetchError("unavailable", "too_many_fetches");
    }
    underWay += 1;
    begun += 1;
    begunByHost.set(host, toHost + 1);
    try {
      return await fetch();
    } finally {
      underWay -= 1;
    }
  };
}
