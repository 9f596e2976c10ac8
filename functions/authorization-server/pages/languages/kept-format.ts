import type { Language } from "./language.ts";

/**
 * Makes a formatter for each language once. To make one takes fifty times as long as to use it.
 *
 * @param make for a language tag
 */
export function keptFormat<T>(make: (tag: string) => T): (language: Pick<Language, "tag">) => T {
  const made = new Map<string, T>();
  return ({ tag }) => {
    const known = made.get(tag);
    if (known !== undefined) return known;
    const format = make(tag);
    made.set(tag, format);
    return format;
  };
}
