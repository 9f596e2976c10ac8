import { keptFormat } from "./kept-format.ts";
import type { Language } from "./language.ts";

const conjunction = keptFormat((tag) => new Intl.ListFormat(tag, { type: "conjunction" }));
const disjunction = keptFormat((tag) => new Intl.ListFormat(tag, { type: "disjunction" }));

/** @returns "a, b and c" in the language */
export function allOf(language: Language, items: readonly string[]): string {
  return conjunction(language).format(items);
}

/** @returns "a, b or c" in the language */
export function anyOf(language: Language, items: readonly string[]): string {
  return disjunction(language).format(items);
}
