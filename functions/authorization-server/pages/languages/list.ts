import type { Language } from "./language.ts";

/** @returns "a, b and c" in the language */
export function allOf({ tag }: Language, items: readonly string[]): string {
  return new Intl.ListFormat(tag, { type: "conjunction" }).format(items);
}

/** @returns "a, b or c" in the language */
export function anyOf({ tag }: Language, items: readonly string[]): string {
  return new Intl.ListFormat(tag, { type: "disjunction" }).format(items);
}
