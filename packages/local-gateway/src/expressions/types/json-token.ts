import { NetDictionary, NetList } from "../collections.ts";
import { raise } from "../exceptions.ts";
import { ref, type TypeRef } from "../type-ref.ts";
import { NetEnum, NetObject } from "../values.ts";
import { enumName, int, text } from "./arguments.ts";
import type { Call, TypeDefinition } from "./definition.ts";
import { tokenOf } from "./json-of-value.ts";
import { selectTokens } from "./json-path.ts";
import { readJson } from "./json-reader.ts";
import { JTOKEN_TYPES } from "./json-token-types.ts";
import { JArray, JObject, JProperty, JToken, JValue, toToken } from "./json-values.ts";

export const namespace = "Newtonsoft.Json.Linq";
const tokens = () => ref("JToken");

/** Reads a document and checks its kind. */
export function parse<T extends JToken>(kind: new () => T, name: string, source: unknown): T {
  const token = readJson(text(source, "json"));
  if (token instanceof kind) return token;
  return raise(
    "JsonReaderException",
    `Error reading ${name} from JsonReader. Current JsonReader item is not a${/^[aeiou]/i.test(name.slice(1)) ? "n" : ""} ${name.slice(1).toLowerCase()}.`,
  );
}

/** A token under a key or index; null when there is none. */
export function item(token: JToken, key: unknown): JToken | null {
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

export const jTokenType: TypeDefinition = {
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
    HasValues: { type: "bool", get: (self: JToken) => self.hasValues },
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
    Descendants: {
      type: "IEnumerable<JToken>",
      count: [0, 0],
      call: (self: JToken) => descendants(self, []),
    },
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

/** All that a token holds, with the properties themselves, in the order of the document. */
function descendants(token: JToken, found: JToken[]): JToken[] {
  for (const child of token.children()) {
    found.push(child);
    descendants(child, found);
  }
  return found;
}

function removeFromParent(token: JToken): void {
  const { parent } = token;
  if (parent instanceof JObject && token instanceof JProperty) parent.remove(token.name);
  else if (parent instanceof JProperty && parent.parent instanceof JObject) parent.parent.remove(parent.name);
  else if (parent instanceof JArray) parent.items.splice(parent.items.indexOf(token), 1);
  else raise("InvalidOperationException", "The parent is missing.");
}

const tokenKinds = new Map(
  JTOKEN_TYPES.map((name, value) => [name, new NetEnum("JTokenType", name, value)] as const),
);

function jTokenKind(name: string): NetEnum | null {
  return tokenKinds.get(name) ?? null;
}

/** `ToObject<T>()` for scalars, arrays, lists and dictionaries of them. */
export function toObject(token: JToken, type: TypeRef, cast: Call["cast"]): unknown {
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
