import { raise, raiseArgumentNull } from "../exceptions.ts";
import { out, text } from "./arguments.ts";
import type { TypeDefinition } from "./definition.ts";
import { JValue } from "./json-values.ts";

function parse(value: string): boolean | undefined {
  const word = value.trim().toLowerCase();
  return word === "true" ? true : word === "false" ? false : undefined;
}

const raiseNotBool = (): never => raise("FormatException", "String was not recognized as a valid Boolean.");

export const boolType: TypeDefinition = {
  name: "bool",
  aliases: ["Boolean"],
  namespace: "System",
  holds: (value) => typeof value === "boolean",
  cast: (value) => {
    if (!(value instanceof JValue)) return undefined;
    if (value.value === null) return raiseArgumentNull("value");
    if (typeof value.value === "bigint") return value.value !== 0n;
    return typeof value.value === "string" ? (parse(value.value) ?? raiseNotBool()) : value.value;
  },
  defaultValue: false,
  statics: {
    TrueString: { type: "string", get: () => "True" },
    FalseString: { type: "string", get: () => "False" },
  },
  staticMethods: {
    Parse: { type: "bool", count: [1, 1], call: ([value]) => parse(text(value)) ?? raiseNotBool() },
    TryParse: {
      type: "bool",
      count: [2, 2],
      call: ([value, result]) => {
        const parsed = typeof value === "string" ? parse(value) : undefined;
        out(result).set(parsed ?? false);
        return parsed !== undefined;
      },
    },
  },
};
