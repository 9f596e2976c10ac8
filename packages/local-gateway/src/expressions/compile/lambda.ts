import { field, named, type Syntax } from "../syntax/tree.ts";
import type { TypeRef } from "../type-ref.ts";
import { compileBody } from "./body.ts";
import type { Compilation, Compiled, ExpressionCompiler, Made } from "./compilation.ts";
import { assigned } from "./statements.ts";
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
  const outer = compilation.frame;
  const made = compilation.inFrame((): Made => {
    const places = list.map((parameter, index) => {
      const written = field(parameter, "type");
      const name = field(parameter, "name")?.text ?? parameter.text;
      return compilation.declare(parameter, name, written ? compileType(written, compilation) : types[index]);
    });
    const body = field(node, "body") ?? node;
    const compiled =
      body.type === "block"
        ? { type: undefined, code: compileBody(named(body), compilation, undefined) }
        : compilation.expression(body);
    const names = places.map((_, index) => `a${index}`);
    const sets = places.map((place, index) => assigned(place, `${names[index]} ?? null`)).join(" ");
    const frame = `const ${compilation.frame} = { context: ${outer}.context, values: [], outer: ${outer} };`;
    const code = body.type === "block" ? compiled.code : `return ${compiled.code};`;
    return {
      type: compiled.type,
      code: `(${names.join(", ")}) => { ${frame} ${sets} ${compilation.body(code)} }`,
    };
  });
  return compilation.whole(made);
}

/** Lambdas. */
export const lambdas: Readonly<Record<string, ExpressionCompiler>> = {
  lambda_expression: (node, compilation) => ({
    type: undefined,
    code: `(${compileLambda(node, compilation).code})`,
  }),
};
