import { enumerate } from "../collections.ts";
import { convertImplicitly, isImplicit, isOfType } from "../conversions.ts";
import { NetException, Thrown } from "../exceptions.ts";
import type { Syntax } from "../syntax/tree.ts";
import { field, fields, named, ofType } from "../syntax/tree.ts";
import { ref, type TypeRef, typeText } from "../type-ref.ts";
import { elementType } from "../types/registry.ts";
import {
  BREAK,
  CONTINUE,
  type Compilation,
  type CompiledStatement,
  type Completion,
  type Frame,
} from "./compilation.ts";
import { compileExpression } from "./expressions.ts";
import { canEnumerate } from "./members.ts";
import { compileCondition, compileThrow } from "./operations.ts";
import { compilePattern, type Pattern } from "./patterns.ts";
import { compileType } from "./types.ts";

/** A loop that turns more often is taken to be endless, as API Management's time limit would. */
const MOST_TURNS = 1_000_000;

type StatementCompiler = (
  node: Syntax,
  compilation: Compilation,
  result: TypeRef | undefined,
) => CompiledStatement;

/**
 * Compiles the statements of a `@{…}` expression or of a lambda's body.
 *
 * @param result type that its `return` has to give; undefined for any
 * @throws PolicyError when a path through them ends without `return`
 */
export function compileBody(
  nodes: readonly Syntax[],
  compilation: Compilation,
  result: TypeRef | undefined,
): (frame: Frame) => unknown {
  const last = nodes.at(-1);
  const run = compilation.inBlock(() => sequence(nodes, compilation, result));
  if (!last || !alwaysEnds(last)) {
    if (last) compilation.fail(last, "not all code paths return a value");
    return () => null;
  }
  return (frame) => {
    const completion = run(frame);
    return typeof completion === "object" ? completion.returned : null;
  };
}

function sequence(
  nodes: readonly Syntax[],
  compilation: Compilation,
  result: TypeRef | undefined,
): CompiledStatement {
  const statements = nodes.map((node) => compileStatement(node, compilation, result));
  return (frame) => {
    for (const statement of statements) {
      const completion = statement(frame);
      if (completion !== undefined) return completion;
    }
    return undefined;
  };
}

/** Whether control never runs past a statement, as C# judges it. */
function alwaysEnds(node: Syntax): boolean {
  switch (node.type) {
    case "return_statement":
    case "throw_statement":
      return true;
    case "block":
      return named(node).some(alwaysEnds);
    case "if_statement": {
      const alternative = field(node, "alternative");
      return (
        alternative !== undefined && alwaysEnds(field(node, "consequence") ?? node) && alwaysEnds(alternative)
      );
    }
    case "while_statement":
      return field(node, "condition")?.text === "true" && !contains(node, "break_statement");
    case "switch_statement": {
      const sections = named(field(node, "body") ?? node);
      const hasDefault = sections.some((section) =>
        section.children.some((child) => child.node.text === "default"),
      );
      return (
        hasDefault &&
        sections.every(
          (section) =>
            !contains(section, "break_statement") && (named(section).some(alwaysEnds) || fallsOn(section)),
        )
      );
    }
    case "try_statement": {
      const [finallyClause] = ofType(node, "finally_clause");
      const bodies = [
        field(node, "body") ?? node,
        ...ofType(node, "catch_clause").map((clause) => field(clause, "body") ?? clause),
      ];
      return (
        bodies.every(alwaysEnds) || (finallyClause !== undefined && named(finallyClause).some(alwaysEnds))
      );
    }
    default:
      return false;
  }
}

/** A section of labels alone, whose statements are the next section's. */
function fallsOn(section: Syntax): boolean {
  return !named(section).some((part) => part.type.endsWith("_statement") || part.type === "block");
}

function contains(node: Syntax, type: string): boolean {
  return named(node).some((child) => child.type === type || contains(child, type));
}

function compileStatement(
  node: Syntax,
  compilation: Compilation,
  result: TypeRef | undefined,
): CompiledStatement {
  const compile = Object.hasOwn(STATEMENTS, node.type) ? STATEMENTS[node.type] : undefined;
  if (!compile)
    return compilation.fail(
      node,
      `the C# construct ${node.type} is not supported: ${node.text.slice(0, 60)}`,
    );
  return compile(node, compilation, result);
}

function part(node: Syntax, name: string): Syntax {
  return field(node, name) ?? node;
}

function declaration(node: Syntax, compilation: Compilation): CompiledStatement {
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
    const value = compileExpression(initial, compilation);
    if (type && !isImplicit(value.type, type)) {
      compilation.fail(
        initial,
        `this gives ${typeText(value.type ?? type)}, where ${typeText(type)} is expected`,
      );
    }
    if (!type && value.type?.name === "null")
      compilation.fail(initial, "the type of a variable declared with var cannot be null");
    const place = compilation.declare(declarator, name.text, type ?? value.type);
    return (frame) => {
      const raw = value.run(frame);
      place.set(frame, type ? inPlace(() => convertImplicitly(raw, type), initial, compilation) : raw);
      return undefined;
    };
  });
  return (frame) => {
    for (const step of steps) step(frame);
    return undefined;
  };
}

function inPlace<T>(run: () => T, node: Syntax, compilation: Compilation): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Thrown) error.position ??= compilation.position(node);
    throw error;
  }
}

function returning(node: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  const [expression] = named(node);
  if (!expression) return compilation.fail(node, "return needs a value");
  const value = compileExpression(expression, compilation);
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
  const { run } = compileExpression(expression, compilation);
  return (frame) => {
    run(frame);
    return undefined;
  };
}

function conditional(node: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  const condition = compileCondition(part(node, "condition"), compilation);
  const yes = compilation.inBlock(() => compileStatement(part(node, "consequence"), compilation, result));
  const alternative = field(node, "alternative");
  const no = alternative && compilation.inBlock(() => compileStatement(alternative, compilation, result));
  return (frame) => (condition(frame) ? yes(frame) : no?.(frame));
}

/** Runs one turn of a loop; true when the loop is to end. */
function endsLoop(completion: Completion): boolean {
  return completion === BREAK || typeof completion === "object";
}

function afterLoop(completion: Completion): Completion {
  return typeof completion === "object" ? completion : undefined;
}

/** Counts the turns of a loop and stops an endless one. */
function turnCounter(node: Syntax, compilation: Compilation): () => void {
  let turns = 0;
  return () => {
    if (++turns > MOST_TURNS) {
      throw new Thrown(
        new NetException("InvalidOperationException", "The loop does not end"),
        compilation.position(node),
      );
    }
  };
}

/** A loop's body: it runs in a frame of its own each turn, so that lambdas keep what they saw. */
function turn(body: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  const run = compilation.inFrame(() => compileStatement(body, compilation, result));
  return (frame) => run({ context: frame.context, values: [], outer: frame });
}

function whileLoop(node: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  const condition = compileCondition(part(node, "condition"), compilation);
  const body = turn(part(node, "body"), compilation, result);
  return (frame) => {
    const count = turnCounter(node, compilation);
    while (condition(frame)) {
      count();
      const completion = body(frame);
      if (endsLoop(completion)) return afterLoop(completion);
    }
    return undefined;
  };
}

function doLoop(node: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  const body = turn(part(node, "body"), compilation, result);
  const condition = compileCondition(part(node, "condition"), compilation);
  return (frame) => {
    const count = turnCounter(node, compilation);
    do {
      count();
      const completion = body(frame);
      if (endsLoop(completion)) return afterLoop(completion);
    } while (condition(frame));
    return undefined;
  };
}

function forLoop(node: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  return compilation.inBlock(() => {
    const initializers = fields(node, "initializer").map((each) =>
      each.type === "variable_declaration" ? declaration(each, compilation) : simple(each, compilation),
    );
    const conditionNode = field(node, "condition");
    const condition = conditionNode ? compileCondition(conditionNode, compilation) : () => true;
    const updates = fields(node, "update").map((each) => simple(each, compilation));
    const body = turn(part(node, "body"), compilation, result);
    return (frame) => {
      const count = turnCounter(node, compilation);
      for (const initialize of initializers) initialize(frame);
      for (; condition(frame); updates.forEach((update) => void update(frame))) {
        count();
        const completion = body(frame);
        if (endsLoop(completion)) return afterLoop(completion);
      }
      return undefined;
    };
  });
}

function simple(node: Syntax, compilation: Compilation): CompiledStatement {
  const { run } = compileExpression(node, compilation);
  return (frame) => {
    run(frame);
    return undefined;
  };
}

function foreachLoop(node: Syntax, compilation: Compilation, result: TypeRef | undefined): CompiledStatement {
  const source = compileExpression(part(node, "right"), compilation);
  if (!canEnumerate(source.type))
    compilation.fail(part(node, "right"), `${typeText(source.type ?? ref("object"))} cannot be gone through`);
  const written = compileType(part(node, "type"), compilation);
  return compilation.inFrame(() => {
    const name = part(node, "left");
    const place = compilation.declare(name, name.text, written ?? elementType(source.type));
    const body = compileStatement(part(node, "body"), compilation, result);
    return (frame) => {
      const items = inPlace(() => enumerate(source.run(frame)), part(node, "right"), compilation);
      const count = turnCounter(node, compilation);
      for (const item of items) {
        count();
        const inner: Frame = { context: frame.context, values: [], outer: frame };
        place.set(inner, item);
        const completion = body(inner);
        if (endsLoop(completion)) return afterLoop(completion);
      }
      return undefined;
    };
  });
}

interface Section {
  readonly accepts: (value: unknown, frame: Frame) => boolean;
  readonly isDefault: boolean;
  readonly run: CompiledStatement;
}

function switchStatement(
  node: Syntax,
  compilation: Compilation,
  result: TypeRef | undefined,
): CompiledStatement {
  const value = compileExpression(part(node, "value"), compilation);
  const sections = named(part(node, "body")).map((section) =>
    compilation.inBlock(() => switchSection(section, compilation, result)),
  );
  // `case 1: case 2: …` is a section each: labels without statements go on to the next.
  const followed = sections.map(
    (section, index) => sections.slice(index).find((each) => each.statements > 0) ?? section,
  );
  return (frame) => {
    const subject = value.run(frame);
    const found = sections.findIndex((section) => section.accepts(subject, frame));
    const chosen = found === -1 ? sections.findIndex((section) => section.isDefault) : found;
    const completion = followed[chosen]?.run(frame);
    return completion === BREAK ? undefined : completion;
  };
}

function switchSection(
  node: Syntax,
  compilation: Compilation,
  result: TypeRef | undefined,
): Section & { readonly statements: number } {
  const parts = named(node);
  const isStatement = (each: Syntax) => each.type.endsWith("_statement") || each.type === "block";
  const guardNode = parts.find((each) => each.type === "when_clause");
  const patternNodes = parts.filter((each) => !isStatement(each) && each !== guardNode);
  const patterns: Pattern[] = patternNodes.map((each) => compilePattern(each, compilation));
  const guard = guardNode ? compileCondition(named(guardNode)[0] ?? guardNode, compilation) : () => true;
  const statements = parts.filter(isStatement);
  return {
    accepts: (value, frame) => patterns.some((pattern) => pattern(value, frame)) && guard(frame),
    isDefault: node.children.some((child) => child.node.text === "default"),
    run: sequence(statements, compilation, result),
    statements: statements.length,
  };
}

function tryStatement(
  node: Syntax,
  compilation: Compilation,
  result: TypeRef | undefined,
): CompiledStatement {
  const body = compileStatement(part(node, "body"), compilation, result);
  const clauses = ofType(node, "catch_clause").map((clause) =>
    compilation.inBlock(() => catchClause(clause, compilation, result)),
  );
  const [finallyClause] = ofType(node, "finally_clause");
  const last =
    finallyClause && compileStatement(named(finallyClause)[0] ?? finallyClause, compilation, result);
  return (frame) => {
    try {
      return body(frame);
    } catch (error) {
      if (!(error instanceof Thrown)) throw error;
      for (const clause of clauses) {
        if (clause.accepts(error.exception, frame)) return rethrowing(() => clause.run(frame), error);
      }
      throw error;
    } finally {
      last?.(frame);
    }
  };
}

const RETHROW = Symbol("rethrow");

/** Runs a catch block, in which `throw;` throws the caught exception again. */
function rethrowing(run: () => Completion, caught: Thrown): Completion {
  try {
    return run();
  } catch (error) {
    throw error === RETHROW ? caught : error;
  }
}

function catchClause(node: Syntax, compilation: Compilation, result: TypeRef | undefined) {
  const [written] = ofType(node, "catch_declaration");
  const type = written && compileType(part(written, "type"), compilation);
  const name = written && field(written, "name");
  const place = name && compilation.declare(name, name.text, type);
  const [filter] = ofType(node, "catch_filter_clause");
  const guard = filter ? compileCondition(named(filter)[0] ?? filter, compilation) : () => true;
  const run = compileStatement(part(node, "body"), compilation, result);
  return {
    accepts: (exception: NetException, frame: Frame) => {
      if (type && !isOfType(exception, type)) return false;
      place?.set(frame, exception);
      return guard(frame);
    },
    run,
  };
}

function throwing(node: Syntax, compilation: Compilation): CompiledStatement {
  const [value] = named(node);
  if (value) return compileThrow(value, compilation);
  return () => {
    throw RETHROW;
  };
}

/** Every supported statement, by tree-sitter-c-sharp's name of its node. */
const STATEMENTS: Readonly<Record<string, StatementCompiler>> = {
  block: (node, compilation, result) => compilation.inBlock(() => sequence(named(node), compilation, result)),
  empty_statement: () => () => undefined,
  local_declaration_statement: declaration,
  expression_statement: expressionStatement,
  return_statement: returning,
  if_statement: conditional,
  while_statement: whileLoop,
  do_statement: doLoop,
  for_statement: forLoop,
  foreach_statement: foreachLoop,
  switch_statement: switchStatement,
  try_statement: tryStatement,
  throw_statement: throwing,
  break_statement: () => () => BREAK,
  continue_statement: () => () => CONTINUE,
};
