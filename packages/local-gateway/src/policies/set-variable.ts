import { NetObject } from "../expressions/values.ts";
import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader, type Check } from "./values.ts";

/** What set-variable takes of .NET's types, beside what JavaScript holds as its own. */
const BASIC_TYPES = new Set(["char", "double", "decimal", "Guid", "DateTime", "TimeSpan"]);

const basic: Check<unknown> = (value) => {
  const type =
    value instanceof NetObject ? value.typeName : typeof value === "object" && value ? "an array" : undefined;
  return type === undefined || BASIC_TYPES.has(type)
    ? undefined
    : `is of type ${type}; a variable takes texts, numbers, truth values, times and GUIDs alone`;
};

/** Puts a value into `context.Variables`. */
export const setVariable: PolicyElement = {
  name: "set-variable",
  sections: EVERYWHERE,
  attributes: { name: true, value: true },
  children: {},
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const name = reader.constantText("name", "");
    const value = reader.any("value", null, basic);
    return {
      run: (exchange) => {
        exchange.context.variables.set(name, value(exchange));
      },
    };
  },
};
