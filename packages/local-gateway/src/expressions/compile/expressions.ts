import type { Syntax } from "../syntax/tree.ts";
import { type Compilation, type Compiled, SKIPPED } from "./compilation.ts";
import { creations } from "./creation.ts";
import { lambdas } from "./lambda.ts";
import { literals } from "./literals.ts";
import { links, startsConditionally } from "./members.ts";
import { names } from "./names.ts";
import { operators } from "./operations.ts";
import { patterns } from "./patterns.ts";
import { strings } from "./strings.ts";

/** Compiles one node type of the C# grammar. */
export type ExpressionCompiler = (node: Syntax, compilation: Compilation) => Compiled;

/** Every supported expression, by tree-sitter-c-sharp's name of its node. */
const EXPRESSIONS: Readonly<Record<string, ExpressionCompiler>> = {
  ...literals,
  ...strings,
  ...names,
  ...links,
  ...operators,
  ...patterns,
  ...creations,
  ...lambdas,
};

/**
 * Compiles an expression.
 *
 * @throws PolicyError naming the construct, when it isn't supported
 */
export function compileExpression(node: Syntax, compilation: Compilation): Compiled {
  const compiled = compileLink(node, compilation);
  if (!startsConditionally(node)) return compiled;
  const { run, type } = compiled;
  return {
    type: type && { ...type, nullable: true },
    run: (frame) => {
      const value = run(frame);
      return value === SKIPPED ? null : value;
    },
  };
}

/** Compiles what stands before a `.`, `[` or `(`: it may give SKIPPED, and the rest of the chain passes that on. */
export function compileLink(node: Syntax, compilation: Compilation): Compiled {
  const compile = Object.hasOwn(EXPRESSIONS, node.type) ? EXPRESSIONS[node.type] : undefined;
  if (!compile)
    return compilation.fail(
      node,
      `the C# construct ${node.type} is not supported: ${node.text.slice(0, 60)}`,
    );
  return compile(node, compilation);
}
