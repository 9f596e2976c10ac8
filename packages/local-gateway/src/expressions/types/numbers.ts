import { compareValues } from "../collections.ts";
import { raise, raiseArgumentNull, raiseFormat } from "../exceptions.ts";
import { formatValue } from "../formatting.ts";
import { Char, Decimal, Double, NetEnum } from "../values.ts";
import { out, text } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";
import { JValue } from "./json-values.ts";

/** What differs between the number types. */
interface NumberKind {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly holds: (value: unknown) => boolean;
  /** From JavaScript's number or bigint, cut as an explicit cast does. */
  readonly from: (value: number | bigint) => unknown;
  /** The bounds of an integer type; undefined for the others. */
  readonly bounds?: readonly [bigint, bigint];
  readonly statics?: TypeDefinition["statics"];
}

/** The plain number in a numeric value; undefined for anything else. */
export function plainNumber(value: unknown): number | bigint | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (value instanceof Double || value instanceof Decimal) return value.value;
  if (value instanceof Char) return value.code;
  if (value instanceof NetEnum) return value.value;
  return undefined;
}

/** Reads a number as `T.Parse` does; undefined when the text isn't one, or out of bounds. */
function parse(kind: NumberKind, source: string): unknown {
  const trimmed = source.trim();
  if (kind.bounds) {
    if (!/^[+-]?\d+$/.test(trimmed)) return undefined;
    const value = BigInt(trimmed.replace(/^\+/, ""));
    return value < kind.bounds[0] || value > kind.bounds[1] ? undefined : kind.from(value);
  }
  const plain = trimmed.replaceAll(",", "");
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain) ? kind.from(Number(plain)) : undefined;
}

function numberType(kind: NumberKind): TypeDefinition {
  const convert = (value: unknown): unknown => {
    if (kind.holds(value)) return value;
    const source = value instanceof JValue ? tokenNumber(value) : value;
    const plain = typeof source === "string" ? undefined : plainNumber(source);
    if (plain !== undefined) return kind.from(plain);
    return typeof source === "string" ? (parse(kind, source) ?? raiseFormat()) : undefined;
  };
  return {
    name: kind.name,
    aliases: kind.aliases,
    namespace: "System",
    holds: kind.holds,
    // (int)"5" isn't C#, but (int)token of a JSON string is: Newtonsoft converts it.
    cast: (value) => (typeof value === "string" ? undefined : convert(value)),
    defaultValue: kind.from(0),
    methods: {
      ToString: {
        type: "string",
        count: [0, 2],
        call: (self: unknown, [format]) => formatValue(self, typeof format === "string" ? format : ""),
      },
      CompareTo: { type: "int", count: [1, 1], call: (self: unknown, [other]) => compareValues(self, other) },
    },
    statics: {
      ...(kind.bounds
        ? {
            MinValue: { type: kind.name, get: () => kind.from(kind.bounds?.[0] ?? 0n) },
            MaxValue: { type: kind.name, get: () => kind.from(kind.bounds?.[1] ?? 0n) },
          }
        : {}),
      ...kind.statics,
    },
    staticMethods: {
      Parse: {
        type: kind.name,
        count: [1, 3],
        call: ([value]) => {
          const source = text(value, "s");
          const parsed = parse(kind, source);
          if (parsed !== undefined) return parsed;
          return kind.bounds && /^\s*[+-]?\d+\s*$/.test(source)
            ? raise("OverflowException", `Value was either too large or too small for the type ${kind.name}.`)
            : raiseFormat();
        },
      },
      TryParse: {
        type: "bool",
        count: [2, 4],
        call: (args) => {
          const parsed = typeof args[0] === "string" ? parse(kind, args[0]) : undefined;
          out(args.at(-1)).set(parsed ?? kind.from(0));
          return parsed !== undefined;
        },
      },
    },
  };
}

function tokenNumber(token: JValue): unknown {
  if (token.value === null) return raiseArgumentNull("value");
  return typeof token.value === "boolean" ? (token.value ? 1 : 0) : token.value;
}

function integer(name: string, aliases: readonly string[], bits: number, signed: boolean): TypeDefinition {
  const low = signed ? -(2n ** BigInt(bits - 1)) : 0n;
  const high = signed ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n;
  const wide = bits === 64 || name === "uint";
  const whole = (value: number | bigint) =>
    BigInt(typeof value === "number" ? Math.trunc(value) || 0 : value);
  const cut = (value: number | bigint) =>
    signed ? BigInt.asIntN(bits, whole(value)) : BigInt.asUintN(bits, whole(value));
  return numberType({
    name,
    aliases,
    holds: (value) =>
      typeof value === (wide ? "bigint" : "number") &&
      BigInt(value as number) >= low &&
      BigInt(value as number) <= high,
    from: wide ? cut : (value) => Number(cut(value)),
    bounds: [low, high],
  });
}

export const intType = integer("int", ["Int32"], 32, true);
export const longType = integer("long", ["Int64"], 64, true);

/** byte and short are held as int, uint and ulong as long; only their casts and bounds differ. */
export const otherIntegerTypes: readonly TypeDefinition[] = [
  integer("byte", ["Byte"], 8, false),
  integer("sbyte", ["SByte"], 8, true),
  integer("short", ["Int16"], 16, true),
  integer("ushort", ["UInt16"], 16, false),
  integer("uint", ["UInt32"], 32, false),
  integer("ulong", ["UInt64"], 64, false),
];

const real = (name: string, aliases: readonly string[]): TypeDefinition =>
  numberType({
    name,
    aliases,
    holds: (value) => value instanceof Double,
    from: (value) => new Double(Number(value)),
    statics: {
      MaxValue: { type: name, get: () => new Double(Number.MAX_VALUE) },
      MinValue: { type: name, get: () => new Double(-Number.MAX_VALUE) },
      NaN: { type: name, get: () => new Double(Number.NaN) },
    },
  });

export const doubleType = real("double", ["Double"]);
export const floatType = real("float", ["Single"]);

export const decimalType = numberType({
  name: "decimal",
  aliases: ["Decimal"],
  holds: (value) => value instanceof Decimal,
  from: (value) => new Decimal(Number(value)),
});
