import { enumerate, isEnumerable, NetDictionary, NetList, NetSequence, NetSet } from "../collections.ts";
import { raise } from "../exceptions.ts";
import { BINARY_OPERATORS } from "../operators.ts";
import { arrayOf, ref } from "../type-ref.ts";
import { Double, valueEquals } from "../values.ts";
import { delegate, int, number } from "./arguments.ts";
import type { Method, TypeDefinition } from "./definition.ts";
import {
  distinct,
  element,
  extreme,
  filter,
  first,
  found,
  foundOrDefault,
  group,
  type Items,
  ignoresCase,
  last,
  lazy,
  mapped,
  NOTHING,
  predicate,
  same,
  sequenceOf,
  single,
  sorted,
} from "./sequences.ts";

// System.Linq.Enumerable.

/** The elements in an array, which is the sequence itself where it is one: for those that only read it. */
function arrayOfItems(self: unknown): readonly unknown[] {
  return Array.isArray(self) ? self : [...enumerate(self)];
}

const methods: Readonly<Record<string, Method>> = {
  Any: {
    type: "bool",
    count: [0, 1],
    call: (self: Items, [test]) => first(enumerate(self), predicate(test)) !== NOTHING,
  },
  All: {
    type: "bool",
    count: [1, 1],
    call: (self: Items, [test]) => first(enumerate(self), (item) => !predicate(test)(item)) === NOTHING,
  },
  Count: {
    type: "int",
    count: [0, 1],
    call: (self: Items, [test]) => {
      const items = arrayOfItems(self);
      return test === undefined ? items.length : items.filter(predicate(test)).length;
    },
  },
  Where: {
    type: same,
    count: [1, 1],
    call: (self: Items, [test]) => {
      const accept = delegate(test, "predicate");
      return lazy(() => filter(enumerate(self), (item, index) => accept(item, index) === true));
    },
  },
  Select: {
    type: mapped,
    count: [1, 1],
    call: (self: Items, [selector]) => {
      const change = delegate(selector, "selector");
      return lazy(function* () {
        let index = 0;
        for (const item of enumerate(self)) yield change(item, index++);
      });
    },
  },
  SelectMany: {
    count: [1, 1],
    call: (self: Items, [selector]) => {
      const change = delegate(selector, "selector");
      return lazy(function* () {
        for (const item of enumerate(self)) yield* enumerate(change(item));
      });
    },
  },
  First: found(first),
  FirstOrDefault: foundOrDefault(first),
  Last: found(last),
  LastOrDefault: foundOrDefault(last),
  Single: found(single),
  SingleOrDefault: foundOrDefault(single),
  ElementAt: {
    type: element,
    count: [1, 1],
    call: (self: Items, [index]) => {
      const items = [...enumerate(self)];
      const at = int(index);
      return at >= 0 && at < items.length
        ? items[at]
        : raise(
            "ArgumentOutOfRangeException",
            "Index was out of range. Must be non-negative and less than the size of the collection.",
          );
    },
  },
  ElementAtOrDefault: {
    type: element,
    count: [1, 1],
    call: (self: Items, [index]) => [...enumerate(self)][int(index)] ?? null,
  },
  Contains: {
    type: "bool",
    count: [1, 2],
    call: (self: Items, [item, comparer]) => {
      if (!ignoresCase(comparer)) return arrayOfItems(self).some((value) => valueEquals(value, item));
      return new NetSet(enumerate(self), true).has(item);
    },
  },
  Distinct: {
    type: same,
    count: [0, 1],
    call: (self: Items, [comparer]) =>
      ignoresCase(comparer)
        ? new NetSequence(() => new NetSet(enumerate(self), true)[Symbol.iterator]())
        : lazy(() => distinct(enumerate(self))),
  },
  Concat: {
    type: same,
    count: [1, 1],
    call: (self: Items, [other]) =>
      lazy(function* () {
        yield* enumerate(self);
        yield* enumerate(other);
      }),
  },
  Union: {
    type: same,
    count: [1, 1],
    call: (self: Items, [other]) => lazy(() => distinct([...enumerate(self), ...enumerate(other)])),
  },
  Intersect: {
    type: same,
    count: [1, 1],
    call: (self: Items, [other]) => {
      const set = new NetSet(enumerate(other));
      return lazy(() => distinct(arrayOfItems(self).filter((item) => set.has(item))));
    },
  },
  Except: {
    type: same,
    count: [1, 1],
    call: (self: Items, [other]) => {
      const set = new NetSet(enumerate(other));
      return lazy(() => distinct([...enumerate(self)].filter((item) => !set.has(item))));
    },
  },
  Append: {
    type: same,
    count: [1, 1],
    call: (self: Items, [item]) => new NetSequence(() => [...enumerate(self), item][Symbol.iterator]()),
  },
  Prepend: {
    type: same,
    count: [1, 1],
    call: (self: Items, [item]) => new NetSequence(() => [item, ...enumerate(self)][Symbol.iterator]()),
  },
  Skip: {
    type: same,
    count: [1, 1],
    call: (self: Items, [count]) =>
      new NetSequence(() =>
        arrayOfItems(self)
          .slice(Math.max(int(count), 0))
          [Symbol.iterator](),
      ),
  },
  Take: {
    type: same,
    count: [1, 1],
    call: (self: Items, [count]) =>
      new NetSequence(() =>
        arrayOfItems(self)
          .slice(0, Math.max(int(count), 0))
          [Symbol.iterator](),
      ),
  },
  SkipWhile: {
    type: same,
    count: [1, 1],
    call: (self: Items, [test]) => {
      let skipping = true;
      return lazy(() =>
        filter(enumerate(self), (item) => {
          skipping &&= predicate(test)(item);
          return !skipping;
        }),
      );
    },
  },
  TakeWhile: {
    type: same,
    count: [1, 1],
    call: (self: Items, [test]) =>
      lazy(function* () {
        for (const item of enumerate(self)) {
          if (!predicate(test)(item)) return;
          yield item;
        }
      }),
  },
  OrderBy: { type: same, count: [1, 1], call: (self: Items, [key]) => sorted(self, key, 1) },
  OrderByDescending: { type: same, count: [1, 1], call: (self: Items, [key]) => sorted(self, key, -1) },
  Reverse: {
    type: same,
    count: [0, 0],
    call: (self: Items) => new NetSequence(() => [...enumerate(self)].reverse()[Symbol.iterator]()),
  },
  GroupBy: { count: [1, 2], call: (self: Items, [key, selector]) => group(self, key, selector) },
  Zip: {
    count: [2, 2],
    call: (self: Items, [other, selector]) => {
      const others = [...enumerate(other)];
      const pairs = [...enumerate(self)].slice(0, others.length);
      return new NetSequence(() =>
        pairs.map((item, index) => delegate(selector)(item, others[index]))[Symbol.iterator](),
      );
    },
  },
  Aggregate: {
    count: [1, 3],
    call: (self: Items, args) => {
      const items = [...enumerate(self)];
      const step = delegate(args[args.length === 1 ? 0 : 1]);
      if (args.length === 1 && items.length === 0)
        raise("InvalidOperationException", "Sequence contains no elements");
      const result =
        args.length === 1
          ? items.reduce((total, item) => step(total, item))
          : items.reduce((total, item) => step(total, item), args[0]);
      return args.length === 3 ? delegate(args[2])(result) : result;
    },
  },
  Sum: {
    count: [0, 1],
    call: (self: Items, [selector]) => {
      const add = BINARY_OPERATORS["+"];
      return [...enumerate(self)]
        .map((item) => (selector === undefined ? item : delegate(selector)(item)))
        .reduce((total, item) => add?.(total, item), 0);
    },
  },
  Average: {
    type: "double",
    count: [0, 1],
    call: (self: Items, [selector]) => {
      const values = [...enumerate(self)].map((item) =>
        number(selector === undefined ? item : delegate(selector)(item)),
      );
      if (values.length === 0) raise("InvalidOperationException", "Sequence contains no elements");
      return new Double(values.reduce((total, value) => total + value, 0) / values.length);
    },
  },
  Min: { count: [0, 1], call: (self: Items, [selector]) => extreme(self, selector, -1) },
  Max: { count: [0, 1], call: (self: Items, [selector]) => extreme(self, selector, 1) },
  SequenceEqual: {
    type: "bool",
    count: [1, 1],
    call: (self: Items, [other]) => {
      const [a, b] = [[...enumerate(self)], [...enumerate(other)]];
      return a.length === b.length && a.every((item, index) => valueEquals(item, b[index]));
    },
  },
  ToArray: {
    type: (receiver) => arrayOf(receiver?.args[0] ?? ref("dynamic")),
    count: [0, 0],
    call: (self: Items) => [...enumerate(self)],
  },
  ToList: {
    type: (receiver) => ({ name: "List", args: receiver?.args.slice(0, 1) ?? [] }),
    count: [0, 0],
    call: (self: Items) => new NetList(enumerate(self)),
  },
  ToHashSet: {
    type: (receiver) => ({ name: "HashSet", args: receiver?.args.slice(0, 1) ?? [] }),
    count: [0, 0],
    call: (self: Items) => new NetSet(enumerate(self)),
  },
  ToDictionary: {
    type: (receiver, { argumentTypes }) => ({
      name: "Dictionary",
      args: [argumentTypes[0] ?? ref("dynamic"), argumentTypes[1] ?? receiver?.args[0] ?? ref("dynamic")],
    }),
    count: [1, 2],
    call: (self: Items, [key, value]) => {
      const dictionary = new NetDictionary();
      for (const item of enumerate(self))
        dictionary.add(delegate(key)(item), value === undefined ? item : delegate(value)(item));
      return dictionary;
    },
  },
  OfType: {
    type: (_, { typeArguments }) => sequenceOf(typeArguments[0]),
    count: [0, 0],
    call: (self: Items, _args, { typeArguments: [type = ref("object")], isOfType }) =>
      lazy(() => filter(enumerate(self), (item) => isOfType(item, type))),
  },
  Cast: {
    type: (_, { typeArguments }) => sequenceOf(typeArguments[0]),
    count: [0, 0],
    call: (self: Items) => enumerate(self),
  },
  AsEnumerable: { type: same, count: [0, 0], call: (self: Items) => self },
  DefaultIfEmpty: {
    type: same,
    count: [0, 1],
    call: (self: Items, [fallback]) => {
      const items = [...enumerate(self)];
      return items.length > 0 ? items : [fallback ?? null];
    },
  },
};

/** Anything that LINQ can go through. */
export const enumerableType: TypeDefinition = {
  name: "IEnumerable",
  aliases: ["ICollection", "IReadOnlyCollection", "IReadOnlyList"],
  namespace: "System.Collections.Generic",
  holds: (value) => isEnumerable(value),
  element: (type) => type.args[0],
  methods,
};

/** System.Linq.Enumerable itself. */
export const enumerableClass: TypeDefinition = {
  name: "Enumerable",
  namespace: "System.Linq",
  holds: () => false,
  staticMethods: {
    Range: {
      type: "IEnumerable<int>",
      count: [2, 2],
      call: ([start, count]) =>
        Array.from({ length: int(count, "count") }, (_, index) => int(start, "start") + index),
    },
    Repeat: {
      count: [2, 2],
      call: ([item, count]) => Array.from({ length: int(count, "count") }, () => item),
    },
    Empty: { count: [0, 0], call: () => [] },
  },
};
