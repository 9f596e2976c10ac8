import { field, named, ofType, type Syntax } from "../syntax/tree.ts";
import type { TypeRef } from "../type-ref.ts";
import type { OutArgument } from "../types/definition.ts";
import type { Compilation, Compiled, Frame } from "./compilation.ts";
import { compileLambda } from "./lambda.ts";
import { compileType } from "./types.ts";

/** The arguments of a call, in the order of the parameters. */
export interface CompiledArguments {
  readonly count: number;
  readonly types: readonly (TypeRef | undefined)[];
  readonly run: (frame: Frame) => unknown[];
  /** The arguments as JavaScript, with commas between them. */
  readonly code: string;
}

/** What the method takes, as far as its arguments depend on it. */
export interface Expected {
  readonly parameters?: readonly string[] | undefined;
  /** Static types of a lambda's parameters. */
  readonly lambdaTypes?: readonly (TypeRef | undefined)[] | undefined;
}

/**
 * @param list an `argument_list`, `bracketed_argument_list` or `element_binding`
 * @throws PolicyError for named arguments that the method doesn't have
 */
export function compileArguments(
  list: Syntax,
  compilation: Compilation,
  expected: Expected = {},
): CompiledArguments {
  const slots: Compiled[] = [];
  for (const argument of ofType(list, "argument")) {
    const name = field(argument, "name");
    const at = name ? (expected.parameters ?? []).indexOf(name.text) : slots.length;
    if (at === -1) compilation.fail(argument, `there is no parameter named "${name?.text}"`);
    slots[at] = compileArgument(argument, compilation, expected);
  }
  const filled = Array.from(slots, (slot) => slot ?? MISSING);
  return {
    count: filled.length,
    types: filled.map((slot) => slot.type),
    run: evaluation(filled.map((slot) => slot.run)),
    code: filled.map((slot) => slot.code).join(", "),
  };
}

/** Most calls have one argument or none. */
function evaluation(runs: readonly Compiled["run"][]): CompiledArguments["run"] {
  const [first] = runs;
  if (!first) return () => [];
  if (runs.length === 1) return (frame) => [first(frame)];
  return (frame) => runs.map((run) => run(frame));
}

const MISSING: Compiled = { type: undefined, run: () => undefined, code: "undefined" };

function compileArgument(argument: Syntax, compilation: Compilation, expected: Expected): Compiled {
  const isOut = argument.children.some((child) => child.node.text === "out" && child.field === undefined);
  const value = named(argument).findLast((part) => part.type !== "modifier") ?? argument;
  if (argument.children.some((child) => child.node.text === "ref"))
    compilation.fail(argument, "ref arguments are not supported");
  if (isOut) return compileOut(value, compilation);
  if (value.type === "lambda_expression") return compileLambda(value, compilation, expected.lambdaTypes);
  return compilation.expression(value);
}

function compileOut(value: Syntax, compilation: Compilation): Compiled {
  const isDeclaration = value.type === "declaration_expression";
  const name = isDeclaration ? field(value, "name") : value;
  const type = isDeclaration ? compileType(field(value, "type") ?? value, compilation) : undefined;
  if (name?.text === "_")
    return compilation.whole({ type: undefined, run: (): OutArgument => ({ set: () => {} }) });
  const place = isDeclaration
    ? compilation.declare(value, name?.text ?? "", type)
    : compilation.variable(value.text);
  if (!place) return compilation.fail(value, `the name "${value.text}" does not exist`);
  return compilation.whole({
    type: place.type,
    run: (frame): OutArgument => ({ set: (result) => place.set(frame, result) }),
  });
}
