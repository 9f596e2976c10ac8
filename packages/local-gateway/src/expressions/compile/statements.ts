import { convertImplicitly, isImplicit } from "../conversions.ts";
import { field, named, ofType, part, type Syntax } from "../syntax/tree.ts";
import { type TypeRef, typeText } from "../type-ref.ts";
import { sequence } from "./body.ts";
import {
  BREAK,
  CONTINUE,
  type Compilation,
  type CompiledStatement,
  type Frame,
  type StatementCompiler,
} from "./compilation.ts";
import { compileCondition } from "./conditions.ts";
import { compileType } from "./types.ts";

/** A variable's declaration. */
export function declaration(node: Syntax, compilation: Compilation): CompiledStatement {
  const variables =
    node.type === "variable_declaration" ? node : (ofType(node, "variable_declaration")[0] ?? node);
  const type = compileType(part(variables, "type"), compilation);
  const steps = ofType(variables, "variable_declarator").map((declarator): CompiledStatement => {
    const name = part(declarator, "name");
    const initial = named(declarator).find((child) => child !== name);
    if (!initial) {
      if (!type) compilation.fail(declarator, "a variable declared with var needs a value");
      const place = compilation.declare(declarator, name.text, type);
      return (frame) => void place.set(frame, null);
    }
    const value = compilation.expression(initial);
    if (type && !isImplicit(value.type, type)) {
      compilation.fail(
        initial,
        `this gives ${typeText(value.type ?? type)}, where ${typeText(type)} is expected`,
      );
    }
    if (!type && value.type?.name === "null")
      compilation.fail(initial, "the type of a variable declared with var cannot be null");
    const place = compilation.declare(declarator, name.text, type ?? value.type);
    const converted = type
      ? compilation.placed(initial, (frame: Frame) => convertImplicitly(value.run(frame), type))
      : value.run;
    return (frame) => {
      place.set(frame, converted(frame));
      return undefined;
    };
  });
  return (frame) => {
    for (const step of steps) step(frame);
    return undefined;
  };
}

function returning(node: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  const [expression] = named(node);
  if (!expression) return compilation.fail(node, "return needs a value");
  const value = compilation.expression(expression);
  if (result && !isImplicit(value.type, result)) {
    compilation.fail(
      expression,
      `this gives ${typeText(value.type ?? result)}, where ${typeText(result)} is expected`,
    );
  }
  return (frame) => ({ returned: value.run(frame) });
}

const SIMPLE_STATEMENTS = new Set([
  "assignment_expression",
  "invocation_expression",
  "postfix_unary_expression",
  "prefix_unary_expression",
  "object_creation_expression",
  "await_expression",
]);

function expressionStatement(node: Syntax, compilation: Compilation): CompiledStatement {
  const expression = named(node)[0] ?? node;
  if (!SIMPLE_STATEMENTS.has(expression.type))
    compilation.fail(node, "only assignments, calls, ++, -- and new can stand as a statement");
  return effect(expression, compilation);
}

/** An expression that is run for what it does. */
export function effect(node: Syntax, compilation: Compilation): CompiledStatement {
  const { run } = compilation.expression(node);
  return (frame) => {
    run(frame);
    return undefined;
  };
}

function conditional(node: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  const condition = compileCondition(part(node, "condition"), compilation);
  const yes = compilation.inBlock(() => compilation.statement(part(node, "consequence"), result));
  const alternative = field(node, "alternative");
  const no = alternative && compilation.inBlock(() => compilation.statement(alternative, result));
  return (frame) => (condition(frame) ? yes(frame) : no?.(frame));
}

/** Simple statements. */
export const statements: Readonly<Record<string, StatementCompiler>> = {
  block: (node, compilation, result) => compilation.inBlock(() => sequence(named(node), compilation, result)),
  empty_statement: () => () => undefined,
  local_declaration_statement: declaration,
  expression_statement: expressionStatement,
  return_statement: returning,
  if_statement: conditional,
  break_statement: () => () => BREAK,
  continue_statement: () => () => CONTINUE,
};
