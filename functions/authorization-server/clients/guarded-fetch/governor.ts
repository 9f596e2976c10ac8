import { TooManyFetchesError } from "./fetch-error.ts";

/** Of fetches, in this process. */
interface FetchLimit {
  /** Under way at once. */
  readonly atOnce: number;
  /** Begun in any one minute. */
  readonly perMinute: number;
  /** The same, to any one host. */
  readonly perHostAndMinute: number;
}

export interface FetchAllowance extends FetchLimit {
  /** What one caller may have of that, so that the others can have theirs. */
  readonly perCaller: FetchLimit;
}

/**
 * Enough for all the clients that sign in here for the first time in a minute, and too little to hurt anyone. People of one network
 * share few clients, and each is fetched once in a while.
 */
export const FETCH_ALLOWANCE: FetchAllowance = {
  atOnce: 16,
  perMinute: 120,
  perHostAndMinute: 10,
  perCaller: { atOnce: 4, perMinute: 30, perHostAndMinute: 4 },
};

const MINUTE = 60;

/**
 * Keeps strangers from having us send requests at a rate of theirs (amplification, or a scan by proxy), and from using up what others
 * need to sign in.
 *
 * @param now the time in seconds
 * @param caller names whose request it is that a fetch is for; undefined where nobody knows
 * @returns a function that runs a fetch, or throws TooManyFetchesError without running it
 */
export function fetchGovernor(
  { perCaller, ...forAll }: FetchAllowance,
  now: () => number,
  caller: () => string | undefined,
): <T>(host: string, fetch: () => Promise<T>) => Promise<T> {
  const total = counts(forAll);
  const callers = new Map<string, Counts>();
  let minute = Number.NaN;

  const startMinute = () => {
    const current = Math.floor(now() / MINUTE);
    if (current === minute) return;
    minute = current;
    total.forgetMinute();
    for (const [name, each] of callers) {
      each.forgetMinute();
      if (each.isIdle()) callers.delete(name);
    }
  };

  const countsOf = (name: string): Counts => {
    const known = callers.get(name) ?? counts(perCaller);
    callers.set(name, known);
    return known;
  };

  return async (host, fetch) => {
    startMinute();
    if (total.isUsedUp(host)) throw new TooManyFetchesError();
    const name = caller();
    const counting = name === undefined ? [total] : [total, countsOf(name)];
    if (counting.some((each) => each.isUsedUp(host))) throw new TooManyFetchesError();
    for (const each of counting) each.begin(host);
    try {
      return await fetch();
    } finally {
      for (const each of counting) each.end();
    }
  };
}

type Counts = ReturnType<typeof counts>;

/** Counts fetches against one limit. */
function counts({ atOnce, perMinute, perHostAndMinute }: FetchLimit) {
  let underWay = 0;
  let begun = 0;
  let begunByHost = new Map<string, number>();
  const toHost = (host: string) => begunByHost.get(host) ?? 0;
  return {
    isUsedUp: (host: string) => underWay >= atOnce || begun >= perMinute || toHost(host) >= perHostAndMinute,
    isIdle: () => underWay === 0,
    begin(host: string) {
      underWay += 1;
      begun += 1;
      begunByHost.set(host, toHost(host) + 1);
    },
    end() {
      underWay -= 1;
    },
    forgetMinute() {
      begun = 0;
      begunByHost = new Map();
    },
  };
}
