// How .NET values are held: string, bool and null as JavaScript's own, int (and the smaller integers) as number,
// long as bigint, T[] as array, byte[] as Uint8Array, delegates as functions. Everything else is a class below or
// in types/, so that a value always tells its .NET type.

/** Base of every .NET object that is not one of JavaScript's own values. */
export abstract class NetObject {
  /** Name in the type table. */
  abstract readonly typeName: string;

  /** `Object.ToString()`. */
  toText(): string {
    return this.typeName;
  }

  /** `Object.Equals(other)`; by reference unless a type says otherwise. */
  equals(other: unknown): boolean {
    return this === other;
  }
}

/** System.Char: one UTF-16 unit. */
export class Char extends NetObject {
  readonly typeName = "char";
  readonly code: number;

  constructor(code: number) {
    super();
    this.code = code;
  }

  override toText(): string {
    return String.fromCharCode(this.code);
  }

  override equals(other: unknown): boolean {
    return other instanceof Char && other.code === this.code;
  }
}

/** System.Double and System.Single. */
export class Double extends NetObject {
  readonly typeName = "double";
  readonly value: number;

  constructor(value: number) {
    super();
    this.value = value;
  }

  override toText(): string {
    return doubleText(this.value);
  }

  override equals(other: unknown): boolean {
    return other instanceof Double && Object.is(other.value, this.value);
  }
}

/** System.Decimal, with a double's precision. */
export class Decimal extends NetObject {
  readonly typeName = "decimal";
  readonly value: number;

  constructor(value: number) {
    super();
    this.value = value;
  }

  override toText(): string {
    return String(this.value);
  }

  override equals(other: unknown): boolean {
    return other instanceof Decimal && other.value === this.value;
  }
}

/** A member of an enumeration. */
export class NetEnum extends NetObject {
  readonly typeName: string;
  readonly name: string;
  readonly value: number;

  constructor(typeName: string, name: string, value: number) {
    super();
    this.typeName = typeName;
    this.name = name;
    this.value = value;
  }

  override toText(): string {
    return this.name;
  }

  override equals(other: unknown): boolean {
    return other instanceof NetEnum && other.typeName === this.typeName && other.value === this.value;
  }
}

/** Invariant culture's text of a double: exponents as C# writes them. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e15 || magnitude < 1e-4)) {
    const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
    const digits = Math.abs(Number(exponent)).toString().padStart(2, "0");
    return `${mantissa}E${exponent.startsWith("-") ? "-" : "+"}${digits}`;
  }
  return String(value);
}

/** `value.ToString()` in the invariant culture; null is the empty string, as in string concatenation. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof NetObject) return value.toText();
  if (value instanceof Uint8Array) return "System.Byte[]";
  if (Array.isArray(value))
    return value.every((item) => typeof item === "string") ? "System.String[]" : "System.Object[]";
  return "System.Object";
}

/** `Object.Equals(a, b)`: equal values of the same type. */
export function valueEquals(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return a instanceof NetObject && a.equals(b);
}

/** A key under which equal values meet, for dictionaries and sets. */
export function keyOf(value: unknown): unknown {
  return value instanceof NetObject && value.equals !== NetObject.prototype.equals
    ? `${value.typeName}\u0000${value.toText()}`
    : value;
}
