import { compareValues, enumerate, NetDictionary, NetList, NetPair, NetSet } from "../collections.ts";
import { raise, raiseIndex } from "../exceptions.ts";
import { ref, type TypeRef } from "../type-ref.ts";
import { textOf, valueEquals } from "../values.ts";
import { delegate, enumName, int, out } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";

const generic = "System.Collections.Generic";
const first = (type: TypeRef | undefined) => type?.args[0];
const second = (type: TypeRef | undefined) => type?.args[1];
const pair = (type: TypeRef): TypeRef => ({ name: "KeyValuePair", args: type.args });

/** T[]; byte[] is a Uint8Array. */
export const arrayType: TypeDefinition = {
  name: "[]",
  aliases: ["Array"],
  namespace: "System",
  bases: ["IEnumerable"],
  holds: (value) => Array.isArray(value) || value instanceof Uint8Array,
  element: first,
  properties: { Length: { type: "int", get: (self: unknown[]) => self.length } },
  indexer: {
    type: first,
    get: (self: unknown[], index) => self[within(self, index)],
    set: (self: unknown[], index, value) => {
      self[within(self, index)] = value;
    },
  },
  staticMethods: {
    IndexOf: {
      type: "int",
      count: [2, 2],
      call: ([array, item]) => (array as unknown[]).findIndex((value) => valueEquals(value, item)),
    },
    Exists: {
      type: "bool",
      count: [2, 2],
      call: ([array, match]) => [...enumerate(array)].some((item) => delegate(match)(item)),
    },
    Find: {
      count: [2, 2],
      call: ([array, match]) => [...enumerate(array)].find((item) => delegate(match)(item)) ?? null,
    },
    Reverse: { count: [1, 1], call: ([array]) => void (array as unknown[]).reverse() },
    Sort: { count: [1, 1], call: ([array]) => void (array as unknown[]).sort(compareValues) },
  },
};

function within(array: { readonly length: number }, index: unknown): number {
  const at = int(index, "index");
  return at >= 0 && at < array.length
    ? at
    : raise("IndexOutOfRangeException", "Index was outside the bounds of the array.");
}

function inList(list: NetList, index: unknown): number {
  const at = int(index, "index");
  return at >= 0 && at < list.items.length ? at : raiseIndex();
}

export const listType: TypeDefinition = {
  name: "List",
  aliases: ["IList"],
  namespace: generic,
  bases: ["IEnumerable"],
  holds: (value) => value instanceof NetList,
  element: first,
  properties: { Count: { type: "int", get: (self: NetList) => self.items.length } },
  indexer: {
    type: first,
    get: (self: NetList, index) => self.items[inList(self, index)],
    set: (self: NetList, index, value) => {
      self.items[inList(self, index)] = value;
    },
  },
  construct: {
    count: [0, 1],
    call: ([source]) =>
      new NetList(source === undefined || typeof source === "number" ? [] : enumerate(source)),
  },
  add: (self: NetList, values) => {
    self.items.push(...values);
  },
  methods: {
    Add: { count: [1, 1], call: (self: NetList, [item]) => void self.items.push(item) },
    AddRange: { count: [1, 1], call: (self: NetList, [items]) => void self.items.push(...enumerate(items)) },
    Insert: {
      count: [2, 2],
      call: (self: NetList, [index, item]) => void self.items.splice(int(index), 0, item),
    },
    Remove: {
      type: "bool",
      count: [1, 1],
      call: (self: NetList, [item]) => {
        const at = self.items.findIndex((value) => valueEquals(value, item));
        if (at !== -1) self.items.splice(at, 1);
        return at !== -1;
      },
    },
    RemoveAt: {
      count: [1, 1],
      call: (self: NetList, [index]) => void self.items.splice(inList(self, index), 1),
    },
    Clear: { count: [0, 0], call: (self: NetList) => void self.items.splice(0) },
    IndexOf: {
      type: "int",
      count: [1, 1],
      call: (self: NetList, [item]) => self.items.findIndex((value) => valueEquals(value, item)),
    },
    Exists: {
      type: "bool",
      count: [1, 1],
      call: (self: NetList, [match]) => self.items.some((item) => delegate(match)(item)),
    },
    Find: {
      type: first,
      count: [1, 1],
      call: (self: NetList, [match]) => self.items.find((item) => delegate(match)(item)) ?? null,
    },
    ForEach: {
      count: [1, 1],
      call: (self: NetList, [action]) => void self.items.forEach((item) => void delegate(action)(item)),
    },
    Sort: { count: [0, 0], call: (self: NetList) => void self.items.sort(compareValues) },
  },
};

export const setType: TypeDefinition = {
  name: "HashSet",
  aliases: ["ISet"],
  namespace: generic,
  bases: ["IEnumerable"],
  holds: (value) => value instanceof NetSet,
  element: first,
  properties: { Count: { type: "int", get: (self: NetSet) => self.size } },
  construct: {
    count: [0, 2],
    call: (args) => {
      const comparer = enumName(
        args.at(-1) === undefined || isSource(args.at(-1)) ? undefined : args.at(-1),
        "StringComparer",
      );
      const source = isSource(args[0]) ? enumerate(args[0]) : [];
      return new NetSet(source, comparer?.endsWith("IgnoreCase") ?? false);
    },
  },
  add: (self: NetSet, [item]) => {
    self.add(item);
  },
  methods: {
    Add: { type: "bool", count: [1, 1], call: (self: NetSet, [item]) => self.add(item) },
    Remove: { type: "bool", count: [1, 1], call: (self: NetSet, [item]) => self.remove(item) },
    Contains: { type: "bool", count: [1, 1], call: (self: NetSet, [item]) => self.has(item) },
  },
};

function isSource(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

const tryGet = (self: NetDictionary, args: readonly unknown[]): boolean => {
  const found = self.has(args[0]);
  out(args[1]).set(found ? self.find(args[0]) : null);
  return found;
};

export const dictionaryType: TypeDefinition = {
  name: "Dictionary",
  aliases: ["IDictionary", "IReadOnlyDictionary"],
  namespace: generic,
  bases: ["IEnumerable"],
  holds: (value) => value instanceof NetDictionary,
  element: pair,
  properties: {
    Count: { type: "int", get: (self: NetDictionary) => self.size },
    Keys: {
      type: (type) => ({ name: "List", args: type?.args.slice(0, 1) ?? [] }),
      get: (self: NetDictionary) => self.keys,
    },
    Values: {
      type: (type) => ({ name: "List", args: type?.args.slice(1, 2) ?? [] }),
      get: (self: NetDictionary) => new NetList([...self].map((entry) => (entry as NetPair).value)),
    },
  },
  indexer: {
    type: second,
    get: (self: NetDictionary, key) => self.get(key),
    set: (self: NetDictionary, key, value) => self.set(key, value),
  },
  construct: {
    count: [0, 2],
    call: (args) => {
      const source = isSource(args[0]) ? [...enumerate(args[0])] : [];
      const comparer = enumName(isSource(args.at(-1)) ? undefined : args.at(-1), "StringComparer");
      const entries = source.map((entry) => [(entry as NetPair).key, (entry as NetPair).value] as const);
      return new NetDictionary(entries, { ignoreCase: comparer?.endsWith("IgnoreCase") ?? false });
    },
  },
  add: (self: NetDictionary, [key, value]) => self.add(key, value),
  methods: {
    Add: { count: [2, 2], call: (self: NetDictionary, [key, value]) => self.add(key, value) },
    Remove: { type: "bool", count: [1, 1], call: (self: NetDictionary, [key]) => self.remove(key) },
    Clear: { count: [0, 0], call: (self: NetDictionary) => self.clear() },
    ContainsKey: { type: "bool", count: [1, 1], call: (self: NetDictionary, [key]) => self.has(key) },
    TryGetValue: { type: "bool", count: [2, 2], call: tryGet },
    GetValueOrDefault: {
      type: (type) => second(type),
      count: [1, 2],
      call: (self: NetDictionary, [key, fallback]) => (self.has(key) ? self.find(key) : (fallback ?? null)),
    },
  },
};

/** Headers, query parameters and claims: IReadOnlyDictionary<string, string[]>, whose GetValueOrDefault joins. */
export const stringValuesType: TypeDefinition = {
  name: "StringValues",
  namespace: "",
  bases: ["IEnumerable"],
  holds: (value) => value instanceof NetDictionary && value.typeName === "StringValues",
  element: () => ref("KeyValuePair<string, string[]>"),
  properties: {
    Count: { type: "int", get: (self: NetDictionary) => self.size },
    Keys: {
      type: "List<string>",
      get: (self: NetDictionary) => self.keys,
    },
    Values: {
      type: "List<string[]>",
      get: (self: NetDictionary) => new NetList([...self].map((entry) => (entry as NetPair).value)),
    },
  },
  indexer: { type: "string[]", get: (self: NetDictionary, key) => self.get(key) },
  methods: {
    ContainsKey: { type: "bool", count: [1, 1], call: (self: NetDictionary, [key]) => self.has(key) },
    TryGetValue: { type: "bool", count: [2, 2], call: tryGet },
    GetValueOrDefault: {
      type: "string",
      count: [1, 2],
      parameters: ["name", "defaultValue"],
      call: (self: NetDictionary, [key, fallback]) => {
        const values = self.find(key);
        return Array.isArray(values) ? values.map(textOf).join(",") : (fallback ?? null);
      },
    },
  },
};

export const pairType: TypeDefinition = {
  name: "KeyValuePair",
  namespace: generic,
  holds: (value) => value instanceof NetPair,
  properties: {
    Key: { type: (type) => type?.args[0], get: (self: NetPair) => self.key },
    Value: { type: (type) => type?.args[1], get: (self: NetPair) => self.value },
  },
  construct: { count: [2, 2], call: ([key, value]) => new NetPair(key, value) },
};
