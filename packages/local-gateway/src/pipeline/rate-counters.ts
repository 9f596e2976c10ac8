/** Counters are looked through for ended ones whenever this many were added. */
const SWEEP_EVERY = 1000;

/** The state of one counter. */
export interface RateState {
  readonly used: number;
  /** Seconds until the oldest counted call leaves the window; 0 when there is none. */
  readonly renewsIn: number;
}

interface Counter {
  /** When each call was counted, of performance.now(), oldest first. */
  calls: number[];
  endsAt: number;
}

/** Calls per key over a sliding window, for `rate-limit-by-key`. */
export class RateCounters {
  readonly #counters = new Map<string, Counter>();
  #added = 0;

  /** @param period of the window, in seconds */
  state(key: string, period: number): RateState {
    const counter = this.#counters.get(key);
    if (!counter) return { used: 0, renewsIn: 0 };
    const now = performance.now();
    const start = now - period * 1000;
    counter.calls = counter.calls.filter((time) => time > start);
    const [oldest] = counter.calls;
    const renewsIn = oldest === undefined ? 0 : Math.max(1, Math.ceil((oldest - start) / 1000));
    return { used: counter.calls.length, renewsIn };
  }

  /** Counts calls now. */
  count(key: string, period: number, calls: number): void {
    const now = performance.now();
    const counter = this.#counters.get(key) ?? { calls: [], endsAt: 0 };
    for (let added = 0; added < calls; added++) counter.calls.push(now);
    counter.endsAt = now + period * 1000;
    this.#counters.set(key, counter);
    if (++this.#added % SWEEP_EVERY === 0) this.#sweep(now);
  }

  #sweep(now: number): void {
    for (const [key, { endsAt }] of this.#counters) if (endsAt <= now) this.#counters.delete(key);
  }
}
