import { raise, raiseNull } from "./exceptions.ts";
import { type TypeRef, typeText } from "./type-ref.ts";
import type { TypeDefinition } from "./types/definition.ts";
import { JToken, JValue } from "./types/json-values.ts";
import { definitionOf, definitionOfRef, isValueType, lineage } from "./types/registry.ts";
import { textOf } from "./values.ts";

/** `value is T`. */
export function isOfType(value: unknown, type: TypeRef): boolean {
  if (value === null || value === undefined) return false;
  const definition = definitionOfRef(type);
  if (!definition) return true;
  if (type.name === "[]") return isArrayOf(value, type.args[0]);
  return definition.holds(value);
}

function isArrayOf(value: unknown, element: TypeRef | undefined): boolean {
  if (value instanceof Uint8Array) return element?.name === "byte";
  if (!Array.isArray(value)) return false;
  return (
    element?.name !== "byte" && value.every((item) => item === null || !element || isOfType(item, element))
  );
}

/** `(T)value` where the expression's type is object: only the value's own type will do. */
export function unbox(value: unknown, type: TypeRef): unknown {
  if (value === null || value === undefined) return isValueType(type) ? raiseNull() : null;
  return isOfType(value, type) ? value : invalidCast(value, type);
}

/** `(T)value` with C#'s numeric conversions and Newtonsoft's from tokens. */
export function castTo(value: unknown, type: TypeRef): unknown {
  if (value === null || value === undefined) return isValueType(type) ? raiseNull() : null;
  if (isOfType(value, type)) return value;
  if (type.name === "string") return value instanceof JToken ? tokenText(value) : invalidCast(value, type);
  if (type.nullable && value instanceof JValue && value.value === null) return null;
  return definitionOfRef(type)?.cast?.(value) ?? invalidCast(value, type);
}

/** `(string)token`. */
function tokenText(token: JToken): string | null {
  if (!(token instanceof JValue))
    return raise("ArgumentException", `Can not convert ${token.tokenType} to String.`);
  return token.value === null ? null : textOf(token.value);
}

function invalidCast(value: unknown, type: TypeRef): never {
  return raise(
    "InvalidCastException",
    `Unable to cast object of type '${definitionOf(value).name}' to type '${typeText(type)}'.`,
  );
}

const NUMERIC_ORDER = ["byte", "short", "int", "long", "float", "double"];

/**
 * Whether C# converts one static type to another on its own; undefined types are taken to fit, and are checked
 * when the expression runs.
 */
export function isImplicit(from: TypeRef | undefined, to: TypeRef): boolean {
  if (!from || from.name === "dynamic" || to.name === "dynamic" || to.name === "object") return true;
  if (from.name === to.name)
    return !from.nullable || to.nullable === true || !isValueType({ ...to, nullable: false });
  if (from.name === "null") return !isValueType(to);
  if (from.nullable && isValueType(to)) return false;
  const [low, high] = [NUMERIC_ORDER.indexOf(from.name), NUMERIC_ORDER.indexOf(to.name)];
  if (low !== -1 && high !== -1) return low <= high;
  if (to.name === "decimal") return low !== -1 && low <= NUMERIC_ORDER.indexOf("long");
  if (from.name === "char") return ["int", "long", "double", "ushort", "float", "decimal"].includes(to.name);
  if (to.name === "JToken") return IMPLICIT_TOKENS.has(from.name) || derives(definitionOfRef(from), "JToken");
  if (from.name === "int") return INTEGERS.has(to.name);
  if (from.name === "DateTime" && to.name === "DateTimeOffset") return true;
  return derives(definitionOfRef(from), to.name) || LOOSE.has(to.name);
}

/** A constant int fits these; whether its value does is checked by the cast. */
const INTEGERS = new Set(["byte", "sbyte", "short", "ushort", "uint", "ulong"]);

const IMPLICIT_TOKENS = new Set([
  "string",
  "int",
  "long",
  "double",
  "decimal",
  "bool",
  "DateTime",
  "DateTimeOffset",
  "Guid",
  "Uri",
  "TimeSpan",
]);

/** Interfaces that several classes have. */
const LOOSE = new Set(["IEnumerable", "Dictionary", "List"]);

function derives(type: TypeDefinition | undefined, name: string): boolean {
  return type !== undefined && lineage(type).some((each) => each.name === name);
}

/** Brings a value to a declared type, as an assignment does: int to long or double, string to JToken. */
export function convertImplicitly(value: unknown, type: TypeRef): unknown {
  if (value === null || value === undefined) return isValueType(type) ? raiseNull() : null;
  const definition = definitionOfRef(type);
  if (!definition || type.name === "object" || isOfType(value, type)) return value;
  if (type.name === "string" || LOOSE.has(type.name)) return invalidCast(value, type);
  return definition.cast?.(value) ?? invalidCast(value, type);
}
