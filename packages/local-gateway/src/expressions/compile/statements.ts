import { convertImplicitly, isImplicit } from "../conversions.ts";
import { field, named, ofType, part, type Syntax } from "../syntax/tree.ts";
import { type TypeRef, typeText } from "../type-ref.ts";
import { sequence } from "./body.ts";
import {
  BREAK,
  CONTINUE,
  type Compilation,
  type CompiledStatement,
  type MadeStatement,
  type Place,
  type StatementCompiler,
} from "./compilation.ts";
import { compileCondition } from "./conditions.ts";
import { compileType } from "./types.ts";

/** A variable's declaration. */
export function declaration(
  node: Syntax,
  compilation: Compilation,
): { readonly code: CompiledStatement["code"] } {
  const variables =
    node.type === "variable_declaration" ? node : (ofType(node, "variable_declaration")[0] ?? node);
  const type = compileType(part(variables, "type"), compilation);
  const steps = ofType(variables, "variable_declarator").map((declarator): string => {
    const name = part(declarator, "name");
    const initial = named(declarator).find((child) => child !== name);
    if (!initial) {
      if (!type) compilation.fail(declarator, "a variable declared with var needs a value");
      const place = compilation.declare(declarator, name.text, type);
      return assigned(place, "null");
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
    const convert = (given: unknown) => (type ? convertImplicitly(given, type) : given);
    const converted = type
      ? `${compilation.constant(convert)}(${value.code}, ${compilation.at(initial)})`
      : value.code;
    return assigned(place, converted);
  });
  return { code: () => steps.join(" ") };
}

/** A statement that sets a variable. */
export function assigned(place: Place, value: string): string {
  return place.code === undefined ? `${value};` : `${place.code} = ${value};`;
}

function returning(node: Syntax, compilation: Compilation, result: TypeRef | undefined): MadeStatement {
  const [expression] = named(node);
  if (!expression) return compilation.fail(node, "return needs a value");
  const value = compilation.expression(expression);
  if (result && !isImplicit(value.type, result)) {
    compilation.fail(
      expression,
      `this gives ${typeText(value.type ?? result)}, where ${typeText(result)} is expected`,
    );
  }
  return { code: ({ returned }) => returned(value.code) };
}

const SIMPLE_STATEMENTS = new Set([
  "assignment_expression",
  "invocation_expression",
  "postfix_unary_expression",
  "prefix_unary_expression",
  "object_creation_expression",
  "await_expression",
]);

function expressionStatement(node: Syntax, compilation: Compilation): MadeStatement {
  const expression = named(node)[0] ?? node;
  if (!SIMPLE_STATEMENTS.has(expression.type))
    compilation.fail(node, "only assignments, calls, ++, -- and new can stand as a statement");
  return effect(expression, compilation);
}

/** An expression that is run for what it does. */
export function effect(node: Syntax, compilation: Compilation): { readonly code: CompiledStatement["code"] } {
  const { code } = compilation.expression(node);
  return { code: () => `${code};` };
}

function conditional(node: Syntax, compilation: Compilation, result: TypeRef | undefined): MadeStatement {
  const condition = compileCondition(part(node, "condition"), compilation);
  const yes = compilation.inBlock(() => compilation.statement(part(node, "consequence"), result));
  const alternative = field(node, "alternative");
  const no = alternative && compilation.inBlock(() => compilation.statement(alternative, result));
  return {
    code: (ending) =>
      `if (${condition.code}) { ${yes.code(ending)} }${no ? ` else { ${no.code(ending)} }` : ""}`,
  };
}

function leaving(statement: string, completion: symbol, compilation: Compilation): MadeStatement {
  const outside = `return ${compilation.constant(completion)};`;
  return { code: ({ isInLoop }) => (isInLoop ? statement : outside) };
}

/** Simple statements. */
export const statements: Readonly<Record<string, StatementCompiler>> = {
  block: (node, compilation, result) => compilation.inBlock(() => sequence(named(node), compilation, result)),
  empty_statement: () => ({ code: () => "" }),
  local_declaration_statement: declaration,
  expression_statement: expressionStatement,
  return_statement: returning,
  if_statement: conditional,
  break_statement: (_, compilation) => leaving("break;", BREAK, compilation),
  continue_statement: (_, compilation) => leaving("continue;", CONTINUE, compilation),
};
