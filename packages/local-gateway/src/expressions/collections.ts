import { raise, raiseArgumentNull, raiseNull } from "./exceptions.ts";
import { Char, Double, keyOf, NetObject, textOf, valueEquals } from "./values.ts";

/** System.Collections.Generic.List<T>. */
export class NetList extends NetObject {
  readonly typeName = "List";
  readonly items: unknown[];

  constructor(items: Iterable<unknown> = []) {
    super();
    this.items = [...items];
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.items[Symbol.iterator]();
  }
}

/** An IEnumerable<T> that is evaluated when, and each time, it is read. */
export class NetSequence extends NetObject {
  readonly typeName: string;
  readonly #start: () => Iterator<unknown>;

  constructor(start: () => Iterator<unknown>, typeName = "IEnumerable") {
    super();
    this.#start = start;
    this.typeName = typeName;
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.#start();
  }
}

/** KeyValuePair<TKey, TValue>. */
export class NetPair extends NetObject {
  readonly typeName = "KeyValuePair";
  readonly key: unknown;
  readonly value: unknown;

  constructor(key: unknown, value: unknown) {
    super();
    this.key = key;
    this.value = value;
  }

  override toText(): string {
    return `[${textOf(this.key)}, ${textOf(this.value)}]`;
  }

  override equals(other: unknown): boolean {
    return (
      other instanceof NetPair && valueEquals(this.key, other.key) && valueEquals(this.value, other.value)
    );
  }
}

/** Dictionary<TKey, TValue>, and the read-only ones of the context. */
export class NetDictionary extends NetObject {
  readonly typeName: string;
  readonly #entries = new Map<unknown, NetPair>();
  readonly #ignoreCase: boolean;

  constructor(
    entries: Iterable<readonly [unknown, unknown]> = [],
    options: { readonly ignoreCase?: boolean; readonly typeName?: string } = {},
  ) {
    super();
    this.#ignoreCase = options.ignoreCase ?? false;
    this.typeName = options.typeName ?? "Dictionary";
    for (const [key, value] of entries) this.set(key, value);
  }

  #key(key: unknown): unknown {
    if (key === null || key === undefined) raiseArgumentNull("key");
    return this.#ignoreCase && typeof key === "string" ? key.toLowerCase() : keyOf(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: unknown): boolean {
    return this.#entries.has(this.#key(key));
  }

  /** The value, or undefined when the key is not there. */
  find(key: unknown): unknown {
    return this.#entries.get(this.#key(key))?.value;
  }

  /** @throws Thrown KeyNotFoundException */
  get(key: unknown): unknown {
    const entry = this.#entries.get(this.#key(key));
    return entry
      ? entry.value
      : raise("KeyNotFoundException", `The given key '${textOf(key)}' was not present in the dictionary.`);
  }

  set(key: unknown, value: unknown): void {
    this.#entries.set(this.#key(key), new NetPair(key, value));
  }

  /** @throws Thrown ArgumentException when the key is there already */
  add(key: unknown, value: unknown): void {
    if (this.has(key)) {
      raise("ArgumentException", `An item with the same key has already been added. Key: ${textOf(key)}`);
    }
    this.set(key, value);
  }

  remove(key: unknown): boolean {
    return this.#entries.delete(this.#key(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Sets the same entries in another dictionary, whose keys are compared in the same way. */
  protected copyTo(other: NetDictionary): void {
    for (const [key, entry] of this.#entries) other.#entries.set(key, entry);
  }

  get keys(): NetList {
    return new NetList(Array.from(this.#entries.values(), ({ key }) => key));
  }

  [Symbol.iterator](): Iterator<NetPair> {
    return this.#entries.values();
  }
}

/** HashSet<T>. */
export class NetSet extends NetObject {
  readonly typeName = "HashSet";
  readonly #ignoreCase: boolean;
  readonly #items = new Map<unknown, unknown>();

  constructor(items: Iterable<unknown> = [], ignoreCase = false) {
    super();
    this.#ignoreCase = ignoreCase;
    for (const item of items) this.add(item);
  }

  #key(item: unknown): unknown {
    return this.#ignoreCase && typeof item === "string" ? item.toLowerCase() : keyOf(item);
  }

  get size(): number {
    return this.#items.size;
  }

  has(item: unknown): boolean {
    return this.#items.has(this.#key(item));
  }

  add(item: unknown): boolean {
    if (this.has(item)) return false;
    this.#items.set(this.#key(item), item);
    return true;
  }

  remove(item: unknown): boolean {
    return this.#items.delete(this.#key(item));
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.#items.values();
  }
}

function* characters(text: string): Generator<Char> {
  for (let at = 0; at < text.length; at++) yield new Char(text.charCodeAt(at));
}

/** Whether `foreach` can go through a value. */
export function isEnumerable(value: unknown): value is Iterable<unknown> {
  return (
    typeof value === "string" || (typeof value === "object" && value !== null && Symbol.iterator in value)
  );
}

/**
 * The elements of an IEnumerable.
 *
 * @throws Thrown NullReferenceException for null, InvalidCastException for a value that has no elements
 */
export function enumerate(value: unknown): Iterable<unknown> {
  if (value === null || value === undefined) return raiseNull();
  if (typeof value === "string") return characters(value);
  if (isEnumerable(value)) return value;
  return raise("InvalidCastException", `Unable to enumerate a value of type ${textOf(value)}`);
}

/** The default order of values, as `Comparer<T>.Default` has it. */
export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  const left = ordinal(a);
  const right = ordinal(b);
  if (left === undefined || right === undefined) {
    return raise("InvalidOperationException", "At least one object must implement IComparable.");
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Culture-sensitive comparison, as the invariant culture does it: letters before case. */
export function compareText(a: string, b: string): number {
  return a.localeCompare(b, "en", { sensitivity: "variant" });
}

function ordinal(value: unknown): number | bigint | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Char) return value.code;
  if (value instanceof Double) return value.value;
  if (value instanceof NetObject && "value" in value && typeof value.value === "number") return value.value;
  if (value instanceof NetObject && "milliseconds" in value && typeof value.milliseconds === "number") {
    return value.milliseconds;
  }
  return undefined;
}
