import { enumerate, NetDictionary, NetList, NetPair } from "../collections.ts";
import { raise } from "../exceptions.ts";
import { ref, type TypeRef } from "../type-ref.ts";
import { NetEnum, NetObject, valueEquals } from "../values.ts";
import { enumName, int, out, text } from "./arguments.ts";
import type { Call, TypeDefinition } from "./definition.ts";
import { selectTokens } from "./json-path.ts";
import { readJson } from "./json-reader.ts";
import { JTOKEN_TYPES } from "./json-token-types.ts";
import { JArray, JObject, JProperty, JToken, JValue, toToken } from "./json-values.ts";

const namespace = "Newtonsoft.Json.Linq";
const tokens = () => ref("JToken");

/** Reads a document and checks its kind. */
function parse<T extends JToken>(kind: new () => T, name: string, source: unknown): T {
  const token = readJson(text(source, "json"));
  if (token instanceof kind) return token;
  return raise(
    "JsonReaderException",
    `Error reading ${name} from JsonReader. Current JsonReader item is not a${/^[aeiou]/i.test(name.slice(1)) ? "n" : ""} ${name.slice(1).toLowerCase()}.`,
  );
}

/** A token under a key or index; null when there is none. */
function item(token: JToken, key: unknown): JToken | null {
  if (token instanceof JObject) return token.get(text(key, "propertyName")) ?? null;
  if (token instanceof JArray) {
    return typeof key === "number"
      ? (token.items[key] ??
          raise(
            "ArgumentOutOfRangeException",
            "Index was out of range. Must be non-negative and less than the size of the collection.",
          ))
      : raise(
          "ArgumentException",
          "Accessed JArray values with invalid key value. Int32 array index expected.",
        );
  }
  return raise(
    "InvalidOperationException",
    `Cannot access child value on ${token.tokenType === "Property" ? "Newtonsoft.Json.Linq.JProperty" : "Newtonsoft.Json.Linq.JValue"}.`,
  );
}

function toJson(self: JToken, formatting: unknown): string {
  return formatting === undefined
    ? self.toText()
    : self.toJson(enumName(formatting, "Formatting") === "Indented");
}

/** Makes a token tree of any value: what `JToken.FromObject` and `JsonConvert.SerializeObject` do. */
function tokenOf(value: unknown): JToken {
  if (value instanceof JToken) return value;
  if (value instanceof NetDictionary || value instanceof AnonymousObject) {
    const object = new JObject();
    for (const entry of value) object.set(String((entry as NetPair).key), tokenOf((entry as NetPair).value));
    return object;
  }
  if (value instanceof NetPair) {
    const object = new JObject();
    object.set("Key", tokenOf(value.key));
    object.set("Value", tokenOf(value.value));
    return object;
  }
  if (value instanceof NetEnum) return new JValue(value.value);
  if (
    typeof value !== "string" &&
    typeof value === "object" &&
    value !== null &&
    Symbol.iterator in value &&
    !(value instanceof Uint8Array)
  ) {
    const array = new JArray();
    for (const entry of enumerate(value)) array.add(tokenOf(entry));
    return array;
  }
  return toToken(value);
}

/** `new { a = 1 }`. */
export class AnonymousObject extends NetObject {
  readonly typeName = "AnonymousObject";
  readonly members: ReadonlyMap<string, unknown>;

  constructor(members: ReadonlyMap<string, unknown>) {
    super();
    this.members = members;
  }

  override equals(other: unknown): boolean {
    return (
      other instanceof AnonymousObject &&
      other.members.size === this.members.size &&
      [...this.members].every(([name, value]) => valueEquals(other.members.get(name), value))
    );
  }

  *[Symbol.iterator](): Iterator<NetPair> {
    for (const [name, value] of this.members) yield new NetPair(name, value);
  }
}

function addContent(array: JArray, values: readonly unknown[]): void {
  for (const value of values) {
    const isSequence =
      typeof value === "object" &&
      value !== null &&
      Symbol.iterator in value &&
      !(value instanceof JToken) &&
      !(value instanceof Uint8Array);
    if (isSequence) addContent(array, [...enumerate(value)]);
    else array.add(value);
  }
}

function addProperties(object: JObject, values: readonly unknown[]): void {
  for (const value of values) {
    if (value instanceof JProperty) object.add(value);
    else if (value instanceof JObject) for (const property of value.children()) object.add(property);
    else if (typeof value === "object" && value !== null && Symbol.iterator in value)
      addProperties(object, [...enumerate(value)]);
    else raise("ArgumentException", "Can not add this value to Newtonsoft.Json.Linq.JObject.");
  }
}

const jTokenType: TypeDefinition = {
  name: "JToken",
  aliases: ["JContainer"],
  namespace,
  bases: ["IEnumerable"],
  holds: (value) => value instanceof JToken,
  // Newtonsoft converts strings, numbers and the like to JToken implicitly.
  cast: (value) =>
    value instanceof NetObject && !(value instanceof NetEnum) && Symbol.iterator in value
      ? undefined
      : toToken(value),
  element: tokens,
  properties: {
    Type: {
      type: "JTokenType",
      get: (self: JToken) => jTokenKind(self.tokenType),
    },
    HasValues: { type: "bool", get: (self: JToken) => [...self.children()].length > 0 },
    Parent: { type: "JToken", get: (self: JToken) => self.parent },
    Root: {
      type: "JToken",
      get: (self: JToken) => {
        let root: JToken = self;
        while (root.parent) root = root.parent;
        return root;
      },
    },
    First: { type: "JToken", get: (self: JToken) => [...self.children()][0] ?? null },
    Last: { type: "JToken", get: (self: JToken) => [...self.children()].at(-1) ?? null },
  },
  indexer: {
    type: "JToken",
    get: item,
    set: (self: JToken, key, value) => {
      if (self instanceof JObject) self.set(text(key), value);
      else if (self instanceof JArray) self.items[int(key)] = toToken(value);
      else raise("InvalidOperationException", "Cannot set child value on this token.");
    },
  },
  methods: {
    ToString: {
      type: "string",
      count: [0, 1],
      call: (self: JToken, [formatting]) => toJson(self, formatting),
    },
    SelectToken: {
      type: "JToken",
      count: [1, 2],
      call: (self: JToken, [path, required]) => {
        const [found] = selectTokens(self, text(path, "path"));
        return found ?? (required === true ? raise("JsonException", "Path returned no token.") : null);
      },
    },
    SelectTokens: {
      type: "IEnumerable<JToken>",
      count: [1, 1],
      call: (self: JToken, [path]) => selectTokens(self, text(path, "path")),
    },
    Children: { type: "IEnumerable<JToken>", count: [0, 0], call: (self: JToken) => [...self.children()] },
    Values: {
      type: (_, { typeArguments }) => ({ name: "IEnumerable", args: typeArguments }),
      count: [0, 0],
      call: (self: JToken, _args, { typeArguments: [type], cast }) =>
        [...self.children()].map((child) => (type ? cast(child, type) : child)),
    },
    Value: {
      type: (_, { typeArguments }) => typeArguments[0],
      count: [0, 1],
      call: (self: JToken, args, { typeArguments: [type = ref("object")], cast }) => {
        const token = args.length === 0 ? self : item(self, args[0]);
        return token === null ? cast(null, { ...type, nullable: true }) : cast(token, type);
      },
    },
    ToObject: {
      type: (_, { typeArguments }) => typeArguments[0],
      count: [0, 0],
      call: (self: JToken, _args, { typeArguments: [type = ref("object")], cast }) =>
        toObject(self, type, cast),
    },
    DeepClone: { type: "JToken", count: [0, 0], call: (self: JToken) => self.clone() },
    Remove: {
      count: [0, 1],
      call: (self: JToken, args) => {
        if (args.length === 1) return self instanceof JObject ? self.remove(text(args[0])) : false;
        removeFromParent(self);
        return null;
      },
    },
    Replace: {
      count: [1, 1],
      call: (self: JToken, [value]) => {
        const { parent } = self;
        if (parent instanceof JProperty) parent.value = toToken(value);
        else if (parent instanceof JArray) parent.items[parent.items.indexOf(self)] = toToken(value);
        else raise("InvalidOperationException", "The parent is missing.");
        return null;
      },
    },
  },
  staticMethods: {
    Parse: { type: "JToken", count: [1, 1], call: ([source]) => readJson(text(source, "json")) },
    FromObject: { type: "JToken", count: [1, 1], call: ([value]) => tokenOf(value) },
    DeepEquals: {
      type: "bool",
      count: [2, 2],
      call: ([a, b]) => a === b || (a instanceof JToken && a.deepEquals(b)),
    },
  },
};

function removeFromParent(token: JToken): void {
  const { parent } = token;
  if (parent instanceof JObject && token instanceof JProperty) parent.remove(token.name);
  else if (parent instanceof JProperty && parent.parent instanceof JObject) parent.parent.remove(parent.name);
  else if (parent instanceof JArray) parent.items.splice(parent.items.indexOf(token), 1);
  else raise("InvalidOperationException", "The parent is missing.");
}

function jTokenKind(name: string): NetEnum {
  return new NetEnum("JTokenType", name, JTOKEN_TYPES.indexOf(name));
}

/** `ToObject<T>()` for scalars, arrays, lists and dictionaries of them. */
function toObject(token: JToken, type: TypeRef, cast: Call["cast"]): unknown {
  const [first = ref("object"), second = ref("object")] = type.args;
  if (type.name === "[]" && token instanceof JArray)
    return token.items.map((child) => toObject(child, first, cast));
  if (["List", "IEnumerable"].includes(type.name) && token instanceof JArray) {
    return new NetList(token.items.map((child) => toObject(child, first, cast)));
  }
  if (type.name === "Dictionary" && token instanceof JObject) {
    return new NetDictionary(
      [...token.children()].map(
        (property) => [property.name, toObject(property.value, second, cast)] as const,
      ),
    );
  }
  if (type.name === "object" || type.name === "dynamic") return token instanceof JValue ? token.value : token;
  return cast(token, type);
}

export const jsonTypes: readonly TypeDefinition[] = [
  jTokenType,
  {
    name: "JObject",
    namespace,
    bases: ["JToken"],
    holds: (value) => value instanceof JObject,
    properties: { Count: { type: "int", get: (self: JObject) => self.size } },
    construct: {
      count: [0, 99],
      call: (args) => {
        const object = new JObject();
        addProperties(object, args[0] instanceof JObject ? [args[0].clone()] : args);
        return object;
      },
    },
    add: (self: JObject, [name, value]) => {
      if (name instanceof JProperty) self.add(name);
      else self.add(new JProperty(text(name), value));
    },
    indexer: {
      type: "JToken",
      get: item,
      set: (self: JObject, key, value) => self.set(text(key), value),
    },
    methods: {
      Add: {
        count: [1, 2],
        call: (self: JObject, [name, value]) =>
          void self.add(name instanceof JProperty ? name : new JProperty(text(name), value)),
      },
      ContainsKey: {
        type: "bool",
        count: [1, 1],
        call: (self: JObject, [name]) => self.get(text(name)) !== undefined,
      },
      Property: {
        type: "JProperty",
        count: [1, 1],
        call: (self: JObject, [name]) => self.property(text(name)) ?? null,
      },
      Properties: {
        type: "IEnumerable<JProperty>",
        count: [0, 0],
        call: (self: JObject) => [...self.children()],
      },
      PropertyValues: {
        type: "IEnumerable<JToken>",
        count: [0, 0],
        call: (self: JObject) => [...self.children()].map((property) => property.value),
      },
      GetValue: {
        type: "JToken",
        count: [1, 2],
        call: (self: JObject, [name, comparison]) => {
          const ignoreCase = enumName(comparison, "StringComparison")?.endsWith("IgnoreCase") ?? false;
          const same = (property: JProperty) =>
            ignoreCase && property.name.toLowerCase() === text(name).toLowerCase();
          return self.get(text(name)) ?? [...self.children()].find(same)?.value ?? null;
        },
      },
      TryGetValue: {
        type: "bool",
        count: [2, 2],
        call: (self: JObject, [name, result]) => {
          const found = self.get(text(name));
          out(result).set(found ?? null);
          return found !== undefined;
        },
      },
      Merge: { count: [1, 1], call: (self: JObject, [other]) => merge(self, other) },
    },
    staticMethods: {
      Parse: { type: "JObject", count: [1, 1], call: ([source]) => parse(JObject, "JObject", source) },
      FromObject: { type: "JObject", count: [1, 1], call: ([value]) => tokenOf(value) },
    },
  },
  {
    name: "JArray",
    namespace,
    bases: ["JToken"],
    holds: (value) => value instanceof JArray,
    properties: { Count: { type: "int", get: (self: JArray) => self.items.length } },
    construct: {
      count: [0, 99],
      call: (args) => {
        const array = new JArray();
        addContent(array, args);
        return array;
      },
    },
    add: (self: JArray, [value]) => self.add(value),
    methods: {
      Add: { count: [1, 1], call: (self: JArray, [value]) => self.add(value) },
      RemoveAt: { count: [1, 1], call: (self: JArray, [index]) => void self.items.splice(int(index), 1) },
      Clear: { count: [0, 0], call: (self: JArray) => void self.items.splice(0) },
    },
    staticMethods: {
      Parse: { type: "JArray", count: [1, 1], call: ([source]) => parse(JArray, "JArray", source) },
      FromObject: { type: "JArray", count: [1, 1], call: ([value]) => tokenOf(value) },
    },
  },
  {
    name: "JProperty",
    namespace,
    bases: ["JToken"],
    holds: (value) => value instanceof JProperty,
    properties: {
      Name: { type: "string", get: (self: JProperty) => self.name },
      Value: { type: "JToken", get: (self: JProperty) => self.value },
    },
    construct: {
      count: [2, 99],
      call: ([name, ...values]) => {
        const [value] = values;
        const isSequence =
          Array.isArray(value) ||
          (value instanceof NetObject && !(value instanceof JToken) && Symbol.iterator in value);
        if (values.length === 1 && !isSequence) return new JProperty(text(name), value);
        const array = new JArray();
        addContent(array, values);
        return new JProperty(text(name), array);
      },
    },
  },
  {
    name: "JValue",
    namespace,
    bases: ["JToken"],
    holds: (value) => value instanceof JValue,
    properties: { Value: { type: "object", get: (self: JValue) => self.value } },
    construct: { count: [1, 1], call: ([value]) => new JValue(value) },
    staticMethods: {
      CreateNull: { type: "JValue", count: [0, 0], call: () => new JValue(null) },
      CreateString: { type: "JValue", count: [1, 1], call: ([value]) => new JValue(value) },
    },
  },
  {
    name: "AnonymousObject",
    namespace: "",
    holds: (value) => value instanceof AnonymousObject,
  },
  {
    name: "JsonConvert",
    namespace: "Newtonsoft.Json",
    holds: () => false,
    staticMethods: {
      SerializeObject: {
        type: "string",
        count: [1, 2],
        call: ([value, formatting]) =>
          tokenOf(value).toJson(enumName(formatting, "Formatting") === "Indented"),
      },
      DeserializeObject: {
        type: (_, { typeArguments }) => typeArguments[0],
        count: [1, 1],
        call: ([source], { typeArguments: [type], cast }) => {
          const token = readJson(text(source));
          return type ? toObject(token, type, cast) : token;
        },
      },
    },
  },
];

function merge(target: JObject, other: unknown): null {
  if (!(other instanceof JObject)) return null;
  for (const property of other.children()) {
    const own = target.get(property.name);
    if (own instanceof JObject && property.value instanceof JObject) merge(own, property.value);
    else if (own instanceof JArray && property.value instanceof JArray)
      for (const child of property.value.items) own.add(child.clone());
    else target.set(property.name, property.value.clone());
  }
  return null;
}
