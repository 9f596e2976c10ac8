import { named, part, type Syntax } from "../syntax/tree.ts";
import type { TypeRef } from "../type-ref.ts";
import { sequence } from "./body.ts";
import {
  BREAK,
  type Compilation,
  type Frame,
  type MadeStatement,
  type StatementCompiler,
  type StatementFunction,
} from "./compilation.ts";
import { compileCondition } from "./conditions.ts";
import { compilePattern, type Pattern } from "./patterns.ts";

interface Section {
  readonly accepts: (value: unknown, frame: Frame) => boolean;
  readonly isDefault: boolean;
  readonly run: StatementFunction;
}

function switchStatement(node: Syntax, compilation: Compilation, result: TypeRef | undefined): MadeStatement {
  const value = compilation.expression(part(node, "value"));
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
  const guard = guardNode ? compileCondition(named(guardNode)[0] ?? guardNode, compilation).run : () => true;
  const statements = parts.filter(isStatement);
  return {
    accepts: (value, frame) => patterns.some((pattern) => pattern(value, frame)) && guard(frame),
    isDefault: node.children.some((child) => child.node.text === "default"),
    run: compilation.wholeStatement(sequence(statements, compilation, result)).run,
    statements: statements.length,
  };
}

/** `switch`. */
export const switches: Readonly<Record<string, StatementCompiler>> = { switch_statement: switchStatement };
