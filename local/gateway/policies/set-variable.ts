import { EVERYWHERE, type PolicyElement } from "./element.ts";
import { AttributeReader } from "./values.ts";

/** Puts a value into `context.Variables`. */
export const setVariable: PolicyElement = {
  name: "set-variable",
  sections: EVERYWHERE,
  attributes: { name: true, value: true },
  children: [],
  compile: (node, compiler) => {
    const reader = new AttributeReader(node, compiler);
    const name = reader.constantText("name", "");
    const value = reader.any("value", null);
    return {
      run: async (exchange) => {
        exchange.context.variables.set(name, await value(exchange));
      },
    };
  },
};
