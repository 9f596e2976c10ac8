import { atMostEvery } from "./at-most-every.ts";

interface FreshValue<T> {
  /** @throws what loading throws, as long as it never succeeded */
  get(): Promise<T>;
  /** Has the next caller load again. */
  expire(): void;
}

interface Freshness {
  /** Seconds for which a value is given without another thought. */
  readonly freshFor: number;
  /** Seconds without another attempt after a failed one. */
  readonly pause: number;
  /** The time in seconds. */
  now(): number;
}

/**
 * Keeps a value that seldom changes. Serves the stale value while it refreshes in the background. Beyond twice `freshFor`, callers
 * wait for the refresh. When the refresh fails, they get the old value.
 */
export function freshValue<T>(load: () => Promise<T>, { freshFor, pause, now }: Freshness): FreshValue<T> {
  let kept: { readonly value: T; readonly since: number } | undefined;
  let lastFailed = false;
  const refresh = atMostEvery(pause, now, async () => {
    try {
      const value = await load();
      kept = { value, since: now() };
      lastFailed = false;
      return value;
    } catch (error) {
      lastFailed = true;
      throw error;
    }
  });
  return {
    async get() {
      if (!kept) return refresh();
      const { value, since } = kept;
      const age = now() - since;
      if (age < freshFor) return value;
      const refreshed = refresh().catch(() => value);
      return age < 2 * freshFor || lastFailed ? value : refreshed;
    },
    expire() {
      if (kept) kept = { ...kept, since: Number.NEGATIVE_INFINITY };
    },
  };
}
