import { field, named, ofType, part, type Syntax } from "../syntax/tree.ts";
import type { TypeRef } from "../type-ref.ts";
import { GIVES_VALUE } from "./code.ts";
import type { Compilation, CompiledStatement } from "./compilation.ts";

/**
 * Compiles the statements of a `@{…}` expression or of a lambda's body to JavaScript.
 *
 * @param result type that its `return` has to give; undefined for any
 * @throws PolicyError when a path through them ends without `return`
 */
export function compileBody(
  nodes: readonly Syntax[],
  compilation: Compilation,
  result: TypeRef | undefined,
): string {
  const last = nodes.at(-1);
  const { code } = compilation.inBlock(() => sequence(nodes, compilation, result));
  if (!last || !alwaysEnds(last)) {
    if (last) compilation.fail(last, "not all code paths return a value");
    return "return null;";
  }
  return code(GIVES_VALUE);
}

/** Compiles statements that run one after the other. */
export function sequence(
  nodes: readonly Syntax[],
  compilation: Compilation,
  result: TypeRef | undefined,
): { readonly code: CompiledStatement["code"] } {
  const statements = nodes.map((node) => compilation.statement(node, result));
  return { code: (ending) => statements.map(({ code }) => code(ending)).join("\n") };
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
      return alternative !== undefined && alwaysEnds(part(node, "consequence")) && alwaysEnds(alternative);
    }
    case "while_statement":
      return field(node, "condition")?.text === "true" && !contains(node, "break_statement");
    case "switch_statement": {
      const sections = named(part(node, "body"));
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
        part(node, "body"),
        ...ofType(node, "catch_clause").map((clause) => part(clause, "body")),
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
