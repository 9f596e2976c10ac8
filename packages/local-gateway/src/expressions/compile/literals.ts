import { named, type Syntax } from "../syntax/tree.ts";
import { ref } from "../type-ref.ts";
import { Char, Decimal, Double } from "../values.ts";
import type { Compilation, Compiled, ExpressionCompiler } from "./compilation.ts";

function constant(type: string, value: unknown): Compiled {
  return { type: ref(type), run: () => value };
}

function integer(node: Syntax, compilation: Compilation): Compiled {
  const match = /^(0[xX][0-9a-fA-F_]+|0[bB][01_]+|[0-9_]+)([uUlL]*)$/.exec(node.text);
  if (!match) return compilation.fail(node, `${node.text} is not an integer`);
  const value = BigInt((match[1] ?? "").replaceAll("_", ""));
  const isLong = /l/i.test(match[2] ?? "") || value > 0x7fffffffn;
  return isLong ? constant("long", value) : constant("int", Number(value));
}

function real(node: Syntax): Compiled {
  const suffix = node.text.at(-1)?.toLowerCase() ?? "";
  const value = Number(node.text.replace(/[fdmFDM]$/, "").replaceAll("_", ""));
  return suffix === "m" ? constant("decimal", new Decimal(value)) : constant("double", new Double(value));
}

/** The character of an escape sequence. */
export function unescapeSequence(sequence: string): string {
  const simple: Readonly<Record<string, string>> = {
    "0": "\0",
    a: "\x07",
    b: "\b",
    f: "\f",
    n: "\n",
    r: "\r",
    t: "\t",
    v: "\v",
  };
  const letter = sequence[1] ?? "";
  if ("uUx".includes(letter) && sequence.length > 2)
    return String.fromCodePoint(Number.parseInt(sequence.slice(2), 16));
  return simple[letter] ?? letter;
}

/** The text of a string or character literal: its pieces, escapes resolved. */
function content(node: Syntax): string {
  return named(node)
    .map((piece) => (piece.type === "escape_sequence" ? unescapeSequence(piece.text) : piece.text))
    .join("");
}

/** Literals. */
export const literals: Readonly<Record<string, ExpressionCompiler>> = {
  integer_literal: integer,
  real_literal: real,
  boolean_literal: (node) => constant("bool", node.text === "true"),
  null_literal: () => constant("null", null),
  character_literal: (node) => constant("char", new Char(content(node).charCodeAt(0))),
  string_literal: (node) => constant("string", content(node)),
  verbatim_string_literal: (node) => constant("string", node.text.slice(2, -1).replaceAll('""', '"')),
  parenthesized_expression: (node, compilation) => compilation.expression(named(node)[0] ?? node),
};
