import { field, named, type Syntax } from "../syntax/tree.ts";
import type { TypeRef } from "../type-ref.ts";
import { compileBody } from "./body.ts";
import type { Compilation, Compiled, ExpressionCompiler, Frame } from "./compilation.ts";
import { compileType } from "./types.ts";

/**
 * Compiles a lambda to a JavaScript function. Its static type is that of what it returns, for the methods
 * whose result depends on it.
 *
 * @param types of its parameters, where the caller knows them
 */
export function compileLambda(
  node: Syntax,
  compilation: Compilation,
  types: readonly (TypeRef | undefined)[] = [],
): Compiled {
  const parameters = field(node, "parameters") ?? node;
  const list = parameters.type === "parameter_list" ? named(parameters) : [parameters];
  return compilation.inFrame(() => {
    const places = list.map((parameter, index) => {
      const written = field(parameter, "type");
      const name = field(parameter, "name")?.text ?? parameter.text;
      return compilation.declare(parameter, name, written ? compileType(written, compilation) : types[index]);
    });
    const body = field(node, "body") ?? node;
    const compiled: Compiled =
      body.type === "block"
        ? { type: undefined, run: compileBody(named(body), compilation, undefined) }
        : compilation.expression(body);
    const run = (outer: Frame) => {
      // A single parameter has the first place of its frame.
      if (places.length === 1)
        return (value: unknown) => compiled.run({ context: outer.context, values: [value ?? null], outer });
      return (...args: unknown[]) => {
        const frame: Frame = { context: outer.context, values: [], outer };
        for (let index = 0; index < places.length; index++) places[index]?.set(frame, args[index] ?? null);
        return compiled.run(frame);
      };
    };
    return { type: compiled.type, run };
  });
}

/** Lambdas. */
export const lambdas: Readonly<Record<string, ExpressionCompiler>> = {
  lambda_expression: (node, compilation) => ({ ...compileLambda(node, compilation), type: undefined }),
};
