import { named, type Syntax } from "../syntax/tree.ts";
import { ref } from "../type-ref.ts";
import { Char, Decimal, Double } from "../values.ts";
import type { Compilation, ExpressionCompiler, Made } from "./compilation.ts";

function constant(type: string, value: unknown, compilation: Compilation): Made {
  const isPlain = value === null || ["string", "number", "boolean"].includes(typeof value);
  return { type: ref(type), code: isPlain ? JSON.stringify(value) : compilation.constant(value) };
}

function integer(node: Syntax, compilation: Compilation): Made {
  const match = /^(0[xX][0-9a-fA-F_]+|0[bB][01_]+|[0-9_]+)([uUlL]*)$/.exec(node.text);
  if (!match) return compilation.fail(node, `${node.text} is not an integer`);
  const value = BigInt((match[1] ?? "").replaceAll("_", ""));
  const isLong = /l/i.test(match[2] ?? "") || value > 0x7fffffffn;
  return isLong ? constant("long", value, compilation) : constant("int", Number(value), compilation);
}

function real(node: Syntax, compilation: Compilation): Made {
  const suffix = node.text.at(-1)?.toLowerCase() ?? "";
  const value = Number(node.text.replace(/[fdmFDM]$/, "").replaceAll("_", ""));
  return suffix === "m"
    ? constant("decimal", new Decimal(value), compilation)
    : constant("double", new Double(value), compilation);
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
  boolean_literal: (node, compilation) => constant("bool", node.text === "true", compilation),
  null_literal: (_, compilation) => constant("null", null, compilation),
  character_literal: (node, compilation) =>
    constant("char", new Char(content(node).charCodeAt(0)), compilation),
  string_literal: (node, compilation) => constant("string", content(node), compilation),
  verbatim_string_literal: (node, compilation) =>
    constant("string", node.text.slice(2, -1).replaceAll('""', '"'), compilation),
  parenthesized_expression: (node, compilation) => compilation.expression(named(node)[0] ?? node),
};
