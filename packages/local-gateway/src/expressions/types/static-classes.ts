import { raise } from "../exceptions.ts";
import { Decimal, Double, textOf } from "../values.ts";
import { bytes, enumName, number, text, textOrNull } from "./arguments.ts";
import { boolType } from "./bool.ts";
import { charType } from "./char.ts";
import type { Call, StaticMethod, TypeDefinition } from "./definition.ts";
import { decimalType, doubleType, intType, longType } from "./numbers.ts";
import { dateTimeType } from "./time.ts";
import { escapeData, unescapeData } from "./uri.ts";

const noInstances = () => false;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `Convert.ToX(value)`: strings are parsed, null gives the default, real numbers are rounded to even. */
function conversion(type: TypeDefinition): StaticMethod {
  return {
    type: type.name,
    count: [1, 2],
    call: ([value, base], call: Call) => {
      if (value === null) return type.defaultValue ?? null;
      if (typeof base === "number" && base !== 10) return type.cast?.(Number.parseInt(text(value), base));
      if (typeof value === "string") return type.staticMethods?.["Parse"]?.call([value], call);
      if (typeof value === "boolean") return type === boolType ? value : type.cast?.(value ? 1 : 0);
      if (type === boolType) return number(value) !== 0;
      const whole = type === intType || type === longType;
      const rounded =
        whole && (value instanceof Double || value instanceof Decimal)
          ? new Double(toEven(value.value))
          : value;
      const result = type.holds(rounded) ? rounded : type.cast?.(rounded);
      return result ?? raise("InvalidCastException", `Invalid cast to ${type.name}.`);
    },
  };
}

function toEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

export const convertType: TypeDefinition = {
  name: "Convert",
  namespace: "System",
  holds: noInstances,
  staticMethods: {
    ToInt32: conversion(intType),
    ToInt64: conversion(longType),
    ToDouble: conversion(doubleType),
    ToDecimal: conversion(decimalType),
    ToBoolean: conversion(boolType),
    ToChar: conversion(charType),
    ToDateTime: conversion(dateTimeType),
    ToString: {
      type: "string",
      count: [1, 2],
      call: ([value, base]) =>
        typeof base === "number" && (typeof value === "number" || typeof value === "bigint")
          ? value.toString(base)
          : textOf(value),
    },
    ToBase64String: {
      type: "string",
      count: [1, 1],
      call: ([value]) => Buffer.from(bytes(value, "inArray")).toString("base64"),
    },
    FromBase64String: {
      type: "byte[]",
      count: [1, 1],
      call: ([value]) => {
        const source = text(value, "s").replaceAll(/\s/g, "");
        if (!BASE64.test(source)) raise("FormatException", "The input is not a valid Base-64 string.");
        return new Uint8Array(Buffer.from(source, "base64"));
      },
    },
    ToHexString: {
      type: "string",
      count: [1, 1],
      call: ([value]) => Buffer.from(bytes(value)).toString("hex").toUpperCase(),
    },
  },
};

export const bitConverterType: TypeDefinition = {
  name: "BitConverter",
  namespace: "System",
  holds: noInstances,
  staticMethods: {
    ToString: {
      type: "string",
      count: [1, 1],
      call: ([value]) =>
        Array.from(bytes(value), (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("-"),
    },
  },
};

/** Applies a function to a number, in its own type. */
function keeping(change: (value: number) => number): StaticMethod {
  return {
    type: (_, { argumentTypes }) => argumentTypes[0],
    count: [1, 1],
    call: ([value]) => {
      if (typeof value === "number") return change(value);
      if (typeof value === "bigint") return BigInt(change(Number(value)));
      return value instanceof Decimal ? new Decimal(change(value.value)) : new Double(change(number(value)));
    },
  };
}

function choose(pick: (a: number, b: number) => boolean): StaticMethod {
  return {
    type: (_, { argumentTypes: [a, b] }) => (a?.name === b?.name ? a : undefined),
    count: [2, 2],
    call: ([a, b]) => {
      const [x, y] = [number(a), number(b)];
      const chosen = pick(x, y) ? a : b;
      if (a instanceof Double || b instanceof Double) return new Double(number(chosen));
      return typeof a === "bigint" || typeof b === "bigint" ? BigInt(number(chosen)) : chosen;
    },
  };
}

function onDoubles(change: (...values: number[]) => number, count: number): StaticMethod {
  return {
    type: "double",
    count: [count, count],
    call: (args) => new Double(change(...args.map((value) => number(value)))),
  };
}

function round(value: unknown, digits: number, awayFromZero: boolean): unknown {
  const factor = 10 ** digits;
  const scaled = Number((number(value) * factor).toPrecision(15));
  const rounded = awayFromZero ? Math.sign(scaled) * Math.round(Math.abs(scaled)) : toEven(scaled);
  return value instanceof Decimal ? new Decimal(rounded / factor) : new Double(rounded / factor);
}

export const mathType: TypeDefinition = {
  name: "Math",
  namespace: "System",
  holds: noInstances,
  staticMethods: {
    Abs: keeping(Math.abs),
    Ceiling: keeping(Math.ceil),
    Floor: keeping(Math.floor),
    Truncate: keeping(Math.trunc),
    Max: choose((a, b) => a >= b),
    Min: choose((a, b) => a <= b),
    Pow: onDoubles(Math.pow, 2),
    Sqrt: onDoubles(Math.sqrt, 1),
    Log: onDoubles(Math.log, 1),
    Log10: onDoubles(Math.log10, 1),
    Exp: onDoubles(Math.exp, 1),
    Sign: { type: "int", count: [1, 1], call: ([value]) => Math.sign(number(value)) },
    Round: {
      type: (_, { argumentTypes }) => argumentTypes[0],
      count: [1, 3],
      call: ([value, ...rest]) => {
        const digits = rest.find((item) => typeof item === "number");
        const mode = rest.find((item) => typeof item !== "number");
        return round(
          value,
          typeof digits === "number" ? digits : 0,
          enumName(mode, "MidpointRounding") === "AwayFromZero",
        );
      },
    },
  },
  statics: {
    PI: { type: "double", get: () => new Double(Math.PI) },
    E: { type: "double", get: () => new Double(Math.E) },
  },
};

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const HTML_NAMES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

function htmlEncode(value: string): string {
  return value.replace(
    /[&<>"'\u00a0-\u00ff]/g,
    (character) => HTML[character] ?? `&#${character.charCodeAt(0)};`,
  );
}

function htmlDecode(value: string): string {
  return value.replace(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return HTML_NAMES[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal));
  });
}

/** form-urlencoded as WebUtility writes it: `-_.!*()` and alphanumerics stay, a space is `+`. */
function urlEncode(value: string): string {
  return escapeData(value)
    .replaceAll("%20", "+")
    .replace(/%(21|28|29|2A|7E)/g, (encoded) => (encoded === "%7E" ? encoded : unescapeData(encoded)))
    .replaceAll("~", "%7E");
}

function nullable(change: (value: string) => string): StaticMethod {
  return {
    type: "string",
    count: [1, 1],
    call: ([value]) => {
      const source = textOrNull(value);
      return source === null ? null : change(source);
    },
  };
}

export const webUtilityType: TypeDefinition = {
  name: "WebUtility",
  namespace: "System.Net",
  holds: noInstances,
  staticMethods: {
    HtmlEncode: nullable(htmlEncode),
    HtmlDecode: nullable(htmlDecode),
    UrlEncode: nullable(urlEncode),
    UrlDecode: nullable((value) => unescapeData(value.replaceAll("+", " "))),
  },
};
