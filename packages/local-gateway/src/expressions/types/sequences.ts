import { compareValues, enumerate, NetSequence } from "../collections.ts";
import { raise } from "../exceptions.ts";
import type { TypeRef } from "../type-ref.ts";
import { keyOf, NetObject } from "../values.ts";
import { delegate, enumName } from "./arguments.ts";
import type { Method, ResultType, TypeDefinition } from "./definition.ts";

// What the methods of System.Linq.Enumerable are made of.

export type Items = Iterable<unknown>;

/** What the caller's static element type is; set by the compiler, which knows every type's `element`. */
export const element: ResultType = (receiver) => receiver?.args[0];
export const sequenceOf = (type: TypeRef | undefined): TypeRef => ({
  name: "IEnumerable",
  args: type ? [type] : [],
});
export const same: ResultType = (receiver) => sequenceOf(receiver?.args[0]);
/** The delegate's result comes as the last argument's type. */
export const mapped: ResultType = (_, { argumentTypes }) => sequenceOf(argumentTypes[0]);

export function lazy(start: () => Generator<unknown>): NetSequence {
  return new NetSequence(start);
}

export function predicate(value: unknown): (item: unknown) => boolean {
  if (value === undefined) return () => true;
  const test = delegate(value, "predicate");
  return (item) => test(item) === true;
}

export function* filter(items: Items, accept: (item: unknown, index: number) => boolean): Generator<unknown> {
  let index = 0;
  for (const item of items) if (accept(item, index++)) yield item;
}

export const NOTHING = Symbol("nothing");

export function first(items: Items, accept: (item: unknown) => boolean): unknown {
  for (const item of items) if (accept(item)) return item;
  return NOTHING;
}

export function last(items: Items, accept: (item: unknown) => boolean): unknown {
  let found: unknown = NOTHING;
  for (const item of items) if (accept(item)) found = item;
  return found;
}

export function single(items: Items, accept: (item: unknown) => boolean): unknown {
  const found = [...items].filter(accept);
  if (found.length > 1) raise("InvalidOperationException", "Sequence contains more than one element");
  return found.length === 1 ? found[0] : NOTHING;
}

type Finder = (items: Items, accept: (item: unknown) => boolean) => unknown;

export function found(finder: Finder): Method {
  return {
    type: element,
    count: [0, 1],
    call: (self: Items, [test]) => {
      const item = finder(enumerate(self), predicate(test));
      return item === NOTHING ? raise("InvalidOperationException", "Sequence contains no elements") : item;
    },
  };
}

export function foundOrDefault(finder: Finder): Method {
  return {
    type: element,
    count: [0, 1],
    call: (self: Items, [test], { elementDefault }) => {
      const item = finder(enumerate(self), predicate(test));
      return item === NOTHING ? elementDefault : item;
    },
  };
}

export function sorted(self: Items, key: unknown, sign: number): NetSequence {
  const by = delegate(key, "keySelector");
  return new NetSequence(() => {
    const keyed = [...enumerate(self)].map((item) => ({ item, key: by(item) }));
    keyed.sort((a, b) => sign * compareValues(a.key, b.key));
    return keyed.map(({ item }) => item)[Symbol.iterator]();
  });
}

export function extreme(self: Items, selector: unknown, sign: number): unknown {
  const values = [...enumerate(self)].map((item) =>
    selector === undefined ? item : delegate(selector)(item),
  );
  if (values.length === 0) raise("InvalidOperationException", "Sequence contains no elements");
  return values.reduce((best, value) => (sign * compareValues(value, best) > 0 ? value : best));
}

export function* distinct(items: Items): Generator<unknown> {
  const seen = new Set<unknown>();
  for (const item of items) {
    const key = keyOf(item);
    if (seen.has(key)) continue;
    seen.add(key);
    yield item;
  }
}

export function group(self: Items, key: unknown, selector: unknown): NetSequence {
  const groups = new Map<unknown, { key: unknown; items: unknown[] }>();
  for (const item of enumerate(self)) {
    const value = delegate(key, "keySelector")(item);
    const entry = groups.get(keyOf(value)) ?? { key: value, items: [] };
    entry.items.push(selector === undefined ? item : delegate(selector)(item));
    groups.set(keyOf(value), entry);
  }
  const list = [...groups.values()].map((entry) => new Grouping(entry.key, entry.items));
  return new NetSequence(() => list[Symbol.iterator]());
}

/** IGrouping<TKey, TElement>. */
class Grouping extends NetObject {
  readonly typeName = "IGrouping";
  readonly key: unknown;
  readonly items: readonly unknown[];

  constructor(key: unknown, items: readonly unknown[]) {
    super();
    this.key = key;
    this.items = items;
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.items[Symbol.iterator]();
  }
}

export const groupingType: TypeDefinition = {
  name: "IGrouping",
  namespace: "System.Linq",
  bases: ["IEnumerable"],
  holds: (value) => value instanceof Grouping,
  properties: { Key: { get: (self: Grouping) => self.key } },
};

export function ignoresCase(comparer: unknown): boolean {
  return enumName(comparer, "StringComparer", "comparer")?.endsWith("IgnoreCase") ?? false;
}
