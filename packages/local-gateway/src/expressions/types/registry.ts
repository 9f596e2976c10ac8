import { bodyType } from "../context/body.ts";
import { jwtType } from "../context/jwt.ts";
import { messageTypes } from "../context/messages.ts";
import { contextTypes } from "../context/policy-context.ts";
import { urlType } from "../context/url.ts";
import type { TypeRef } from "../type-ref.ts";
import { NetObject } from "../values.ts";
import { basicCredentialsType } from "./basic-credentials.ts";
import { boolType } from "./bool.ts";
import { charType } from "./char.ts";
import {
  arrayType,
  dictionaryType,
  listType,
  pairType,
  setType,
  stringValuesType,
} from "./collection-types.ts";
import { cryptographyTypes } from "./cryptography.ts";
import type { Method, Property, TypeDefinition } from "./definition.ts";
import { encodingType } from "./encoding.ts";
import { enumerableClass, enumerableType } from "./enumerable.ts";
import { enumTypes, stringComparerType } from "./enums.ts";
import { exceptionTypes } from "./exception.ts";
import { guidType } from "./guid.ts";
import { jsonTypes } from "./json.ts";
import { decimalType, doubleType, floatType, intType, longType, otherIntegerTypes } from "./numbers.ts";
import { objectType } from "./object.ts";
import { randomType } from "./random.ts";
import { regexTypes } from "./regex.ts";
import { groupingType } from "./sequences.ts";
import { bitConverterType, convertType, mathType, webUtilityType } from "./static-classes.ts";
import { stringType } from "./string.ts";
import { stringBuilderType } from "./string-builder.ts";
import { dateTimeOffsetType, dateTimeType } from "./time.ts";
import { timeSpanType } from "./time-span.ts";
import { uriType } from "./uri.ts";

/** Every type that expressions may use. A new type is a file beside this one and a line here. */
export const TYPES: readonly TypeDefinition[] = [
  objectType,
  stringType,
  intType,
  longType,
  ...otherIntegerTypes,
  doubleType,
  floatType,
  decimalType,
  boolType,
  charType,
  arrayType,
  listType,
  dictionaryType,
  setType,
  pairType,
  stringValuesType,
  enumerableType,
  enumerableClass,
  groupingType,
  dateTimeType,
  dateTimeOffsetType,
  timeSpanType,
  guidType,
  uriType,
  convertType,
  bitConverterType,
  mathType,
  webUtilityType,
  randomType,
  encodingType,
  stringBuilderType,
  stringComparerType,
  ...regexTypes,
  ...cryptographyTypes,
  ...jsonTypes,
  ...enumTypes,
  ...exceptionTypes,
  ...contextTypes,
  ...messageTypes,
  urlType,
  bodyType,
  jwtType,
  basicCredentialsType,
];

const byName = new Map<string, TypeDefinition>();
for (const type of TYPES) for (const name of [type.name, ...(type.aliases ?? [])]) byName.set(name, type);

const namespaces = new Set(
  TYPES.flatMap(({ namespace }) => {
    const parts = namespace.split(".");
    return parts.map((_, index) => parts.slice(0, index + 1).join("."));
  }),
);

/** The definition under a name or alias. */
export function findType(name: string): TypeDefinition | undefined {
  return byName.get(name);
}

/** Whether a dotted name is a namespace, or the beginning of one. */
export function isNamespace(name: string): boolean {
  return name !== "" && namespaces.has(name);
}

/** The definition of a type reference; `dynamic` has none. */
export function definitionOfRef(type: TypeRef): TypeDefinition | undefined {
  return byName.get(type.name);
}

/** The most derived definition of a value that isn't null. */
export function definitionOf(value: unknown): TypeDefinition {
  if (typeof value === "string") return stringType;
  if (value instanceof NetObject) return byName.get(value.typeName) ?? objectType;
  if (typeof value === "boolean") return boolType;
  if (typeof value === "number") return intType;
  if (typeof value === "bigint") return longType;
  if (Array.isArray(value) || value instanceof Uint8Array) return arrayType;
  return objectType;
}

/** A member, and the type that declares it. */
export interface Member<T> {
  readonly owner: TypeDefinition;
  readonly definition: T;
}

/** An instance property of a type, its own or of a base. */
export function findProperty(type: TypeDefinition, name: string): Member<Property> | undefined {
  return findIn(propertyTables, type, name, (each) => each.properties);
}

/** An instance method of a type, its own, of a base, or of LINQ. */
export function findMethod(type: TypeDefinition, name: string): Member<Method> | undefined {
  return findIn(methodTables, type, name, (each) => each.methods);
}

type Tables<T> = Map<TypeDefinition, Map<string, Member<T>>>;

const propertyTables: Tables<Property> = new Map();
const methodTables: Tables<Method> = new Map();

function findIn<T>(
  tables: Tables<T>,
  type: TypeDefinition,
  name: string,
  members: (each: TypeDefinition) => Readonly<Record<string, T>> | undefined,
): Member<T> | undefined {
  let table = tables.get(type);
  if (!table) {
    table = new Map();
    for (const owner of [...lineage(type), objectType]) {
      for (const [member, definition] of Object.entries(members(owner) ?? {})) {
        if (!table.has(member)) table.set(member, { owner, definition });
      }
    }
    tables.set(type, table);
  }
  return table.get(name);
}

const lineages = new Map<TypeDefinition, readonly TypeDefinition[]>();

/** A type and its bases, the type first. */
export function lineage(type: TypeDefinition): readonly TypeDefinition[] {
  const known = lineages.get(type);
  if (known) return known;
  const bases = (type.bases ?? []).flatMap((name) => byName.get(name) ?? []);
  const all = [type, ...bases.flatMap(lineage)];
  lineages.set(type, all);
  return all;
}

/** The indexer of a type, its own or of a base. */
export function findIndexer(type: TypeDefinition): TypeDefinition["indexer"] {
  return type.indexer ?? lineage(type).find((each) => each.indexer)?.indexer;
}

/** Whether values of the type can go through `foreach` and LINQ. */
function isEnumerableType(type: TypeDefinition): boolean {
  return lineage(type).includes(enumerableType);
}

/** Whether a value of a static type can be gone through; true where only the value tells. */
export function canEnumerate(type: TypeRef | undefined): boolean {
  const definition = type && definitionOfRef(type);
  return !definition || isEnumerableType(definition);
}

/** The static type of an element. */
export function elementType(type: TypeRef | undefined): TypeRef | undefined {
  const definition = type && definitionOfRef(type);
  if (!definition || !type) return undefined;
  const element = lineage(definition)
    .find((each) => each.element)
    ?.element?.(type);
  return element?.name === "dynamic" ? undefined : element;
}

const VALUE_TYPES = new Set(
  [
    "int",
    "long",
    "byte",
    "sbyte",
    "short",
    "ushort",
    "uint",
    "ulong",
    "double",
    "float",
    "decimal",
    "bool",
    "char",
  ].concat(
    ["DateTime", "DateTimeOffset", "TimeSpan", "Guid", "KeyValuePair"],
    enumTypes.map((type) => type.name),
  ),
);

/** Whether a type's values can't be null. */
export function isValueType(type: TypeRef): boolean {
  return VALUE_TYPES.has(type.name) && !type.nullable;
}

/** `default(T)`. */
export function defaultValue(type: TypeRef | undefined): unknown {
  if (!type || !isValueType(type)) return null;
  return definitionOfRef(type)?.defaultValue ?? null;
}
