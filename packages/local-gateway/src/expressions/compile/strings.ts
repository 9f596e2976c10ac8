import { align, formatValue } from "../formatting.ts";
import { named, ofType, type Syntax } from "../syntax/tree.ts";
import { ref } from "../type-ref.ts";
import type { Compilation, ExpressionCompiler, Frame, Made } from "./compilation.ts";
import { unescapeSequence } from "./literals.ts";

type Piece = (frame: Frame) => string;

function literalPiece(node: Syntax, verbatim: boolean): Piece {
  const text = node.type === "escape_sequence" ? unescapeSequence(node.text) : node.text;
  const braces = text.replaceAll("{{", "{").replaceAll("}}", "}");
  const result = verbatim ? braces.replaceAll('""', '"') : braces;
  return () => result;
}

function hole(node: Syntax, compilation: Compilation): Piece {
  const [expression] = named(node).filter(
    (part) =>
      !["interpolation_brace", "interpolation_alignment_clause", "interpolation_format_clause"].includes(
        part.type,
      ),
  );
  const [alignment] = ofType(node, "interpolation_alignment_clause");
  const [format] = ofType(node, "interpolation_format_clause");
  const { run } = compilation.expression(expression ?? node);
  const width = Number(alignment?.text.slice(1).trim() ?? 0);
  if (!Number.isInteger(width))
    compilation.fail(node, "the alignment of an interpolation has to be a constant");
  const specifier = format?.text.slice(1) ?? "";
  return (frame) => align(formatValue(run(frame), specifier), width);
}

function interpolated(node: Syntax, compilation: Compilation): Made {
  const start =
    node.children.find((child) => child.node.type === "interpolation_start")?.node.text ??
    node.text.slice(0, 3);
  const verbatim = start.includes("@");
  const pieces = node.children.flatMap(({ node: part }): Piece[] => {
    if (part.type === "interpolation") return [hole(part, compilation)];
    if (part.type === "string_content" || part.type === "escape_sequence")
      return [literalPiece(part, verbatim)];
    return [];
  });
  return { type: ref("string"), run: (frame) => pieces.map((piece) => piece(frame)).join("") };
}

/** Interpolated strings. */
export const strings: Readonly<Record<string, ExpressionCompiler>> = {
  interpolated_string_expression: interpolated,
};
