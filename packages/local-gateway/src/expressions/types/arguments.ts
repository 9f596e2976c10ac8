import { raise, raiseArgumentNull } from "../exceptions.ts";
import { Char, Decimal, Double, NetEnum } from "../values.ts";
import type { OutArgument } from "./definition.ts";

// What a .NET method takes, checked: a wrong type is what the C# compiler would have refused.

/** A string argument that may not be null. */
export function text(value: unknown, parameter = "value"): string {
  if (value === null || value === undefined) return raiseArgumentNull(parameter);
  if (typeof value === "string") return value;
  return wrongType(parameter, "string");
}

/** A string argument or null. */
export function textOrNull(value: unknown, parameter = "value"): string | null {
  return value === null || value === undefined ? null : text(value, parameter);
}

/** A string or char as string. */
export function textOrChar(value: unknown, parameter = "value"): string {
  return value instanceof Char ? value.toText() : text(value, parameter);
}

/** An int argument. */
export function int(value: unknown, parameter = "value"): number {
  if (typeof value === "number") return value;
  if (value instanceof Char) return value.code;
  return wrongType(parameter, "int");
}

/** Any number as JavaScript's. */
export function number(value: unknown, parameter = "value"): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Double || value instanceof Decimal) return value.value;
  if (value instanceof Char) return value.code;
  return wrongType(parameter, "double");
}

/** A delegate argument. */
export function delegate(value: unknown, parameter = "func"): (...args: unknown[]) => unknown {
  if (value === null || value === undefined) return raiseArgumentNull(parameter);
  return typeof value === "function"
    ? (value as (...args: unknown[]) => unknown)
    : wrongType(parameter, "delegate");
}

/** The name of an enumeration's member; undefined when the argument is left out. */
export function enumName(value: unknown, typeName: string, parameter = "value"): string | undefined {
  if (value === undefined) return undefined;
  return value instanceof NetEnum && value.typeName === typeName
    ? value.name
    : wrongType(parameter, typeName);
}

/** A byte[] argument. */
export function bytes(value: unknown, parameter = "bytes"): Uint8Array {
  if (value === null || value === undefined) return raiseArgumentNull(parameter);
  return value instanceof Uint8Array ? value : wrongType(parameter, "byte[]");
}

/** An `out` argument. */
export function out(value: unknown): OutArgument {
  return typeof value === "object" && value !== null && "set" in value
    ? (value as OutArgument)
    : wrongType("result", "out argument");
}

function wrongType(parameter: string, expected: string): never {
  return raise("ArgumentException", `The argument '${parameter}' is not of type ${expected}`);
}
