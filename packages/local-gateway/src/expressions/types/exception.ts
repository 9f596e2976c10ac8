import { NetException } from "../exceptions.ts";
import { textOrNull } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";

/** What derives from System.Exception, by the class above it. */
const DERIVED: Readonly<Record<string, string>> = {
  ArgumentException: "Exception",
  ArgumentNullException: "ArgumentException",
  ArgumentOutOfRangeException: "ArgumentException",
  ArithmeticException: "Exception",
  DivideByZeroException: "ArithmeticException",
  OverflowException: "ArithmeticException",
  FormatException: "Exception",
  UriFormatException: "FormatException",
  IndexOutOfRangeException: "Exception",
  InvalidCastException: "Exception",
  InvalidOperationException: "Exception",
  KeyNotFoundException: "Exception",
  NullReferenceException: "Exception",
  NotSupportedException: "Exception",
  NotImplementedException: "Exception",
  RuntimeBinderException: "Exception",
  JsonException: "Exception",
  JsonReaderException: "JsonException",
};

function derives(name: string, from: string): boolean {
  for (let current: string | undefined = name; current !== undefined; current = DERIVED[current]) {
    if (current === from) return true;
  }
  return from === "Exception";
}

function exceptionType(name: string, base: string | undefined): TypeDefinition {
  return {
    name,
    namespace: "System",
    ...(base ? { bases: [base] } : {}),
    holds: (value) => value instanceof NetException && derives(value.typeName, name),
    construct: {
      count: [0, 2],
      call: ([message, inner]) =>
        new NetException(
          name,
          textOrNull(message) ?? `Exception of type 'System.${name}' was thrown.`,
          inner instanceof NetException ? inner : null,
        ),
    },
    properties: {
      Message: { type: "string", get: (self: NetException) => self.message },
      InnerException: { type: "Exception", get: (self: NetException) => self.inner },
    },
  };
}

export const exceptionTypes: readonly TypeDefinition[] = [
  exceptionType("Exception", undefined),
  ...Object.entries(DERIVED).map(([name, base]) => exceptionType(name, base)),
];
