import { PolicyError } from "../errors.ts";
import type { Excerpt } from "./excerpt.ts";
import { scanExpression } from "./expression-scan.ts";
import type { Value } from "./nodes.ts";

/**
 * Tells expressions from literal text. As in API Management, an expression has to be the whole value.
 *
 * @param excerpt decoded, with its named values put in
 * @throws PolicyError when an expression has no end, or stands among other text
 */
export function classifyValue(excerpt: Excerpt): Value {
  const trimmed = excerpt.trim();
  const start = expressionStart(trimmed.text);
  if (start === undefined) return { kind: "literal", excerpt, position: trimmed.position(0) };
  const scanned = scanExpression(trimmed.text, start);
  if (!scanned) throw new PolicyError(trimmed.position(start), "this expression has no end");
  if (start !== 0 || scanned.end !== trimmed.text.length) {
    throw new PolicyError(
      trimmed.position(start),
      'an expression has to be the whole value; write the text inside it, as in @("text " + …)',
    );
  }
  return {
    kind: trimmed.text[1] === "(" ? "expression" : "block",
    excerpt: trimmed.slice(2, trimmed.text.length - 1),
    position: trimmed.position(0),
  };
}

/** Index of the first `@(` or `@{`. */
function expressionStart(text: string): number | undefined {
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    if (text[at + 1] === "(" || text[at + 1] === "{") return at;
  }
  return undefined;
}
