/** Most values that the cache holds; the oldest one makes room. */
const CAPACITY = 10_000;

interface Entry {
  readonly value: unknown;
  /** Of performance.now(). */
  readonly endsAt: number;
}

/** The gateway's built-in cache: volatile, and a value can be gone at any time. */
export class ValueCache {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The value; undefined on a miss. */
  get(key: string): unknown {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (performance.now() < entry.endsAt) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** @param seconds how long the value stays */
  set(key: string, value: unknown, seconds: number): void {
    this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= CAPACITY && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { value, endsAt: performance.now() + seconds * 1000 });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
