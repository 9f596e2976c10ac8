import { enumerate } from "../collections.ts";
import { raise } from "../exceptions.ts";
import { NetObject } from "../values.ts";
import { enumName, int, out, text } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";
import { AnonymousObject, tokenOf } from "./json-of-value.ts";
import { readJson } from "./json-reader.ts";
import { item, jTokenType, namespace, parse, toObject } from "./json-token.ts";
import { JArray, JObject, JProperty, JToken, JValue } from "./json-values.ts";

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
