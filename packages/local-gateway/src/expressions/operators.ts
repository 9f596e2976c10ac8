import { raise, raiseNull } from "./exceptions.ts";
import { DateTime, DateTimeOffset } from "./types/date-time-values.ts";
import { TimeSpan } from "./types/time-span-value.ts";
import { Char, Decimal, Double, NetEnum, NetObject, textOf } from "./values.ts";

/** A binary operator on two values, with C#'s numeric promotion. */
export type BinaryOperator = (left: unknown, right: unknown) => unknown;

type Kind = "int" | "long" | "double" | "decimal";

interface Promoted {
  readonly kind: Kind;
  readonly left: number | bigint;
  readonly right: number | bigint;
}

const RANK: readonly Kind[] = ["int", "long", "double", "decimal"];

function kindOf(value: unknown): Kind | undefined {
  if (typeof value === "number") return "int";
  if (typeof value === "bigint") return "long";
  if (typeof value !== "object") return undefined;
  if (value instanceof Char) return "int";
  if (value instanceof Double) return "double";
  if (value instanceof Decimal) return "decimal";
  return undefined;
}

function raw(value: unknown, kind: Kind): number | bigint {
  const plain =
    value instanceof Char
      ? value.code
      : value instanceof Double || value instanceof Decimal
        ? value.value
        : value;
  return kind === "long" ? BigInt(plain as number | bigint) : Number(plain);
}

/** Both operands in the wider of their numeric types; undefined when one is not a number. */
function promote(left: unknown, right: unknown): Promoted | undefined {
  const a = kindOf(left);
  const b = a && kindOf(right);
  if (!b) return undefined;
  const kind = RANK[Math.max(RANK.indexOf(a), RANK.indexOf(b))] ?? "int";
  return { kind, left: raw(left, kind), right: raw(right, kind) };
}

function wrap(kind: Kind, value: number | bigint): unknown {
  if (kind === "int") return Number(value) | 0;
  if (kind === "long") return BigInt.asIntN(64, BigInt(value));
  return kind === "double" ? new Double(Number(value)) : new Decimal(Number(value));
}

function inapplicable(operator: string, left: unknown, right: unknown): never {
  return raise(
    "RuntimeBinderException",
    `Operator '${operator}' cannot be applied to operands of type '${typeNameOf(left)}' and '${typeNameOf(right)}'`,
  );
}

function typeNameOf(value: unknown): string {
  if (value === null || value === undefined) return "<null>";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "int";
  if (typeof value === "bigint") return "long";
  return value instanceof NetObject ? value.typeName : "object";
}

function arithmetic(
  operator: string,
  onNumbers: (left: number, right: number) => number,
  onLongs: (left: bigint, right: bigint) => bigint,
  onOthers?: BinaryOperator,
): BinaryOperator {
  return (left, right) => {
    const numbers = promote(left, right);
    if (!numbers) {
      // Lifted operators: a nullable without a value gives null.
      if ((left === null && kindOf(right)) || (right === null && kindOf(left))) return null;
      return (onOthers ?? ((a, b) => inapplicable(operator, a, b)))(left, right);
    }
    if (numbers.kind === "long")
      return wrap("long", onLongs(numbers.left as bigint, numbers.right as bigint));
    return wrap(numbers.kind, onNumbers(numbers.left as number, numbers.right as number));
  };
}

/** Division and remainder by an integer or decimal zero throw; by a double zero they don't. */
function refusingZero(operator: BinaryOperator): BinaryOperator {
  return (left, right) => {
    const zero = right === 0 || right === 0n || (right instanceof Decimal && right.value === 0);
    if (zero && !(left instanceof Double)) raise("DivideByZeroException", "Attempted to divide by zero.");
    return operator(left, right);
  };
}

function divide(left: unknown, right: unknown): unknown {
  const numbers = promote(left, right);
  if (!numbers) return left === null || right === null ? null : inapplicable("/", left, right);
  const { kind } = numbers;
  if (kind === "long") return wrap("long", (numbers.left as bigint) / (numbers.right as bigint));
  const quotient = (numbers.left as number) / (numbers.right as number);
  return wrap(kind, kind === "int" ? Math.trunc(quotient) : quotient);
}

function add(left: unknown, right: unknown): unknown {
  return typeof left === "string" && typeof right === "string" ? left + right : addValues(left, right);
}

function addOthers(left: unknown, right: unknown): unknown {
  if (typeof left === "string" || typeof right === "string") return textOf(left) + textOf(right);
  if (right instanceof TimeSpan) {
    if (left instanceof DateTime || left instanceof DateTimeOffset) return left.plus(right.milliseconds);
    if (left instanceof TimeSpan) return new TimeSpan(left.milliseconds + right.milliseconds);
  }
  return inapplicable("+", left, right);
}

function subtractOthers(left: unknown, right: unknown): unknown {
  if (right instanceof TimeSpan) {
    if (left instanceof DateTime || left instanceof DateTimeOffset) return left.plus(-right.milliseconds);
    if (left instanceof TimeSpan) return new TimeSpan(left.milliseconds - right.milliseconds);
  }
  if (
    (left instanceof DateTime || left instanceof DateTimeOffset) &&
    (right instanceof DateTime || right instanceof DateTimeOffset)
  ) {
    return new TimeSpan(left.milliseconds - right.milliseconds);
  }
  return inapplicable("-", left, right);
}

function comparison(operator: string, accept: (order: number) => boolean): BinaryOperator {
  return (left, right) => {
    const numbers = promote(left, right);
    if (numbers) return accept(order(numbers.left, numbers.right));
    const a = instant(left);
    const b = instant(right);
    if (a !== undefined && b !== undefined) return accept(order(a, b));
    // A lifted comparison with a nullable that has no value is false.
    if (left === null || right === null) return false;
    return inapplicable(operator, left, right);
  };
}

function order(left: number | bigint, right: number | bigint): number {
  return left < right ? -1 : left > right ? 1 : left === right ? 0 : Number.NaN;
}

function instant(value: unknown): number | undefined {
  if (value instanceof DateTime || value instanceof DateTimeOffset || value instanceof TimeSpan)
    return value.milliseconds;
  return value instanceof NetEnum ? value.value : undefined;
}

/** `==`: by value for strings, numbers and what overloads the operator; by reference otherwise. */
function equal(left: unknown, right: unknown): boolean {
  const a = left === undefined ? null : left;
  const b = right === undefined ? null : right;
  if (a === b) return true;
  if (a === null || b === null || typeof a === "string") return false;
  const numbers = promote(a, b);
  if (numbers) return numbers.left === numbers.right;
  return a instanceof NetObject && OVERLOADS_EQUALITY.has(a.typeName) && a.equals(b);
}

const OVERLOADS_EQUALITY = new Set([
  "DateTime",
  "DateTimeOffset",
  "TimeSpan",
  "Guid",
  "Uri",
  "StringComparison",
  "DayOfWeek",
  "JTokenType",
  "Formatting",
  "DateTimeKind",
  "RegexOptions",
  "StringSplitOptions",
  "MidpointRounding",
]);

function logical(
  operator: string,
  onBools: (a: boolean, b: boolean) => boolean,
  onInts: (a: bigint, b: bigint) => bigint,
): BinaryOperator {
  return (left, right) => {
    if (typeof left === "boolean" && typeof right === "boolean") return onBools(left, right);
    if (left instanceof NetEnum && right instanceof NetEnum) {
      const value = Number(onInts(BigInt(left.value), BigInt(right.value)));
      return new NetEnum(left.typeName, `${left.name}, ${right.name}`, value);
    }
    const numbers = promote(left, right);
    if (!numbers || (numbers.kind !== "int" && numbers.kind !== "long"))
      return inapplicable(operator, left, right);
    return wrap(numbers.kind, onInts(BigInt(numbers.left), BigInt(numbers.right)));
  };
}

function shift(operator: string, onLong: (value: bigint, by: bigint) => bigint): BinaryOperator {
  return (left, right) => {
    const kind = kindOf(left);
    if ((kind !== "int" && kind !== "long") || typeof right !== "number")
      return inapplicable(operator, left, right);
    const by = BigInt(right & (kind === "int" ? 31 : 63));
    const result = onLong(BigInt(raw(left, kind)), by);
    return kind === "int" ? Number(BigInt.asIntN(32, result)) : BigInt.asIntN(64, result);
  };
}

const addValues = arithmetic(
  "+",
  (a, b) => a + b,
  (a, b) => a + b,
  addOthers,
);

/** The operators whose operands are both evaluated, by their text. */
export const BINARY_OPERATORS: Readonly<Record<string, BinaryOperator>> = {
  "+": add,
  "-": arithmetic(
    "-",
    (a, b) => a - b,
    (a, b) => a - b,
    subtractOthers,
  ),
  "*": arithmetic(
    "*",
    (a, b) => (Number.isSafeInteger(a * b) ? a * b : multiplied(a, b)),
    (a, b) => a * b,
  ),
  "/": refusingZero(divide),
  "%": refusingZero(
    arithmetic(
      "%",
      (a, b) => a % b,
      (a, b) => a % b,
    ),
  ),
  "==": equal,
  "!=": (left, right) => !equal(left, right),
  "<": comparison("<", (result) => result < 0),
  "<=": comparison("<=", (result) => result <= 0),
  ">": comparison(">", (result) => result > 0),
  ">=": comparison(">=", (result) => result >= 0),
  "&": logical(
    "&",
    (a, b) => a && b,
    (a, b) => a & b,
  ),
  "|": logical(
    "|",
    (a, b) => a || b,
    (a, b) => a | b,
  ),
  "^": logical(
    "^",
    (a, b) => a !== b,
    (a, b) => a ^ b,
  ),
  "<<": shift("<<", (value, by) => value << by),
  ">>": shift(">>", (value, by) => value >> by),
};

/** Products beyond 2^53: exact for ints, a double's for the rest. */
function multiplied(a: number, b: number): number {
  return Number.isInteger(a) && Number.isInteger(b) && Math.abs(a) <= 2 ** 31 && Math.abs(b) <= 2 ** 31
    ? Math.imul(a, b)
    : a * b;
}

/** `+`, `-`, `!` and `~` before a value. */
export const UNARY_OPERATORS: Readonly<Record<string, (value: unknown) => unknown>> = {
  "!": (value) =>
    typeof value === "boolean" ? !value : value === null ? raiseNull() : inapplicable("!", value, value),
  "-": (value) => (value instanceof TimeSpan ? new TimeSpan(-value.milliseconds) : negate(value)),
  "+": (value) =>
    kindOf(value) ? (value instanceof Char ? value.code : value) : inapplicable("+", value, value),
  "~": (value) =>
    typeof value === "number" ? ~value : typeof value === "bigint" ? ~value : inapplicable("~", value, value),
};

function negate(value: unknown): unknown {
  const kind = kindOf(value);
  if (!kind) return value === null ? null : inapplicable("-", value, value);
  return kind === "long" ? -(value as bigint) : wrap(kind, -Number(raw(value, kind)));
}
