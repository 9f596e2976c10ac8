import type { ElementNode } from "../document/nodes.ts";
import type { PolicyCompiler, PolicyElement } from "./element.ts";
import { type Evaluated, textContent } from "./values.ts";

/** Compiles the method in `<set-method>`. */
export function compileSetMethod(node: ElementNode, compiler: PolicyCompiler): Evaluated<string> {
  const method = textContent(node, compiler);
  return (exchange) => {
    const name = method(exchange);
    if (!/^[A-Za-z]+$/.test(name)) throw new Error(`"${name}" is not an HTTP method`);
    return name.toUpperCase();
  };
}

/** Changes the method of the request. */
export const setMethod: PolicyElement = {
  name: "set-method",
  sections: ["inbound", "on-error"],
  attributes: {},
  children: {},
  compile: (node, compiler) => {
    const method = compileSetMethod(node, compiler);
    return {
      run: (exchange) => {
        exchange.context.request.method = method(exchange);
      },
    };
  },
};
