import type { Value } from "../../document/nodes.ts";
import type { Position } from "../../document/position.ts";
import { PolicyFailure } from "../../errors.ts";
import type { PolicyContext } from "../context/policy-context.ts";
import { convertImplicitly, isImplicit } from "../conversions.ts";
import { Thrown, UnsupportedAtRunTime } from "../exceptions.ts";
import type { CSharpParser } from "../syntax/parser.ts";
import { ref, type TypeRef, typeText } from "../type-ref.ts";
import { compileBody } from "./body.ts";
import { Compilation, type Frame } from "./compilation.ts";
import { GRAMMAR } from "./grammar.ts";

/** A policy expression, compiled once and run for every request. */
export interface PolicyExpression {
  readonly position: Position;
  readonly type: TypeRef | undefined;
  /** Whether the bodies of the messages have to be in memory before it runs. */
  readonly readsBody: boolean;
  /** @throws PolicyFailure with reason ExpressionValueEvaluationFailure */
  readonly evaluate: (context: PolicyContext) => unknown;
}

/**
 * Compiles `@(…)` or `@{…}`.
 *
 * @param expected the type that the policy needs, as C# writes it; undefined where any will do
 * @throws PolicyError where it isn't C#, uses what isn't supported, or can't give the expected type
 */
export function compilePolicyExpression(
  value: Value,
  parser: CSharpParser,
  expected?: string,
): PolicyExpression {
  const { excerpt, position } = value;
  const compilation = new Compilation(excerpt, GRAMMAR);
  const target = expected === undefined ? undefined : ref(expected);
  let type: TypeRef | undefined;
  let run: (frame: Frame) => unknown;
  if (value.kind === "expression") {
    const syntax = parser.expression(excerpt);
    const compiled = compilation.expression(syntax);
    ({ type, run } = compiled);
    if (target && !isImplicit(type, target)) {
      compilation.fail(
        syntax,
        `this gives ${typeText(type ?? target)}, where ${typeText(target)} is expected`,
      );
    }
  } else {
    const code = compileBody(parser.block(excerpt), compilation, target);
    run = compilation.function(() => code);
  }
  return {
    position,
    type,
    readsBody: compilation.readsBody,
    evaluate: (context) => {
      try {
        const result = run({ context, values: [], outer: undefined });
        return target && result !== null && result !== undefined
          ? convertImplicitly(result, target)
          : (result ?? null);
      } catch (error) {
        throw asFailure(error, position);
      }
    },
  };
}

/** Turns what an expression threw into the failure that API Management reports. */
function asFailure(error: unknown, position: Position): unknown {
  if (error instanceof Thrown || error instanceof UnsupportedAtRunTime) {
    const at = error.position ?? position;
    return new PolicyFailure(
      "ExpressionValueEvaluationFailure",
      `Expression evaluation failed. ${error.message}`,
      {
        cause: new Error(`${at.file}:${at.line}:${at.column}: ${error.message}`),
      },
    );
  }
  return error;
}
