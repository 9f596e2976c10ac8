import { createRequire } from "node:module";
import { Language, Parser, type Node as TreeNode } from "web-tree-sitter";
import type { Excerpt } from "../../document/excerpt.ts";
import { PolicyError } from "../../errors.ts";
import { restorePrecedence } from "./precedence.ts";
import { type Child, named, type Syntax } from "./tree.ts";

/** Parses the C# of policy expressions; made once, by {@link loadCSharpParser}. */
export interface CSharpParser {
  /**
   * @param excerpt what stands between `@(` and `)`
   * @returns the expression
   * @throws PolicyError where it isn't C#
   */
  expression(excerpt: Excerpt): Syntax;
  /**
   * @param excerpt what stands between `@{` and `}`
   * @returns its statements
   * @throws PolicyError where it isn't C#
   */
  block(excerpt: Excerpt): Syntax[];
}

let loading: Promise<CSharpParser> | undefined;

/** Loads the C# grammar; every later call gives the same parser. */
export function loadCSharpParser(): Promise<CSharpParser> {
  loading ??= load();
  return loading;
}

// The grammar reads a method's body most reliably as the body of a method.
const BEFORE = "class C{object M(){";
const BEFORE_EXPRESSION = `${BEFORE}return (`;

async function load(): Promise<CSharpParser> {
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve("tree-sitter-c-sharp/tree-sitter-c_sharp.wasm");
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));

  // A fragment's expressions are compiled wherever it is included; parsing is the slow part of that.
  const parsed = new Map<string, Syntax[]>();
  const body = (excerpt: Excerpt, before: string, after: string): Syntax[] => {
    const key = `${before}\n${excerpt.text}`;
    const nodes = parsed.get(key) ?? parse(excerpt, before, after);
    parsed.set(key, nodes);
    return nodes;
  };
  const parse = (excerpt: Excerpt, before: string, after: string): Syntax[] => {
    const tree = parser.parse(`${before}${excerpt.text}${after}`);
    if (!tree) throw new PolicyError(excerpt.position(0), "this expression cannot be read as C#");
    try {
      refuseErrors(tree.rootNode, excerpt, before.length);
      const method = tree.rootNode.descendantsOfType("method_declaration")[0];
      const block = method?.childForFieldName("body");
      // A stray "}" would end the method early and leave the rest outside of it.
      if (!block || tree.rootNode.namedChildCount !== 1 || tree.rootNode.endIndex !== block.endIndex + 1) {
        throw new PolicyError(excerpt.position(0), "this expression is not C#: its brackets don't match");
      }
      return named(toSyntax(block, before.length)).filter((node) => node.type !== "comment");
    } finally {
      tree.delete();
    }
  };

  return {
    expression(excerpt) {
      if (excerpt.text.trim() === "") throw new PolicyError(excerpt.position(0), "this expression is empty");
      const statements = body(excerpt, BEFORE_EXPRESSION, "\n);}}");
      const parenthesized = statements[0] && named(statements[0])[0];
      const inner = parenthesized && named(parenthesized).filter((node) => node.type !== "comment");
      if (
        statements.length !== 1 ||
        parenthesized?.type !== "parenthesized_expression" ||
        inner?.length !== 1
      ) {
        throw new PolicyError(excerpt.position(0), "this is not a single C# expression");
      }
      return inner[0] as Syntax;
    },
    block: (excerpt) => body(excerpt, BEFORE, "\n}}"),
  };
}

function refuseErrors(root: TreeNode, excerpt: Excerpt, before: number): void {
  if (!root.hasError) return;
  const place = (node: TreeNode) =>
    excerpt.position(Math.min(Math.max(node.startIndex - before, 0), excerpt.text.length));
  const find = (node: TreeNode): TreeNode | undefined => {
    if (node.isError || node.isMissing) return node;
    for (const child of node.children) {
      const found = child?.hasError ? find(child) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  const error = find(root) ?? root;
  const near = error.isMissing
    ? `"${error.type}" is missing`
    : error.startIndex < before
      ? "it cannot be parsed"
      : `unexpected "${shorten(error.text)}"`;
  throw new PolicyError(place(error), `this expression is not C#: ${near}`);
}

function shorten(text: string): string {
  const line = text.split("\n")[0] ?? "";
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

/** Copies the tree out of the parser's memory. Comments carry no meaning and stay behind. */
function toSyntax(node: TreeNode, before: number): Syntax {
  const children: Child[] = [];
  for (let index = 0; index < node.childCount; index++) {
    const child = node.child(index);
    if (!child || child.type === "comment") continue;
    children.push({
      node: toSyntax(child, before),
      field: node.fieldNameForChild(index) ?? undefined,
      named: child.isNamed,
    });
  }
  return restorePrecedence({ type: node.type, text: node.text, start: node.startIndex - before, children });
}
