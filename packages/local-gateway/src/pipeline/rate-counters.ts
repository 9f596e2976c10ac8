/** Counters are looked through for ended ones whenever this many were added. */
const SWEEP_EVERY = 1000;

/** The state of one counter. */
export interface RateState {
  readonly used: number;
  /** Seconds until the oldest counted call leaves the window; 0 when there is none. */
  readonly renewsIn: number;
}

/** When each call of one key was counted, of performance.now(), oldest first. */
class Counter {
  /** Those before `#first` have left the window; they are cut off once they are the larger part. */
  #times: number[] = [];
  #first = 0;
  endsAt = 0;

  get used(): number {
    return this.#times.length - this.#first;
  }

  get oldest(): number | undefined {
    return this.#times[this.#first];
  }

  add(time: number): void {
    this.#times.push(time);
  }

  /** Forgets the calls up to a time. */
  forget(until: number): void {
    for (let oldest = this.oldest; oldest !== undefined && oldest <= until; oldest = this.oldest)
      this.#first++;
    if (this.#first * 2 <= this.#times.length) return;
    this.#times = this.#times.slice(this.#first);
    this.#first = 0;
  }
}

/** Calls per key over a sliding window, for `rate-limit-by-key`. */
export class RateCounters {
  readonly #counters = new Map<string, Counter>();
  #added = 0;

  /** @param period of the window, in seconds */
  state(key: string, period: number): RateState {
    const counter = this.#counters.get(key);
    if (!counter) return { used: 0, renewsIn: 0 };
    const start = performance.now() - period * 1000;
    counter.forget(start);
    const { used, oldest } = counter;
    return { used, renewsIn: oldest === undefined ? 0 : Math.max(1, Math.ceil((oldest - start) / 1000)) };
  }

  /** Counts calls now. */
  count(key: string, period: number, calls: number): void {
    const now = performance.now();
    const counter = this.#counters.get(key) ?? new Counter();
    for (let added = 0; added < calls; added++) counter.add(now);
    counter.endsAt = now + period * 1000;
    this.#counters.set(key, counter);
    if (++this.#added % SWEEP_EVERY === 0) this.#sweep(now);
  }

  #sweep(now: number): void {
    for (const [key, { endsAt }] of this.#counters) if (endsAt <= now) this.#counters.delete(key);
  }
}
