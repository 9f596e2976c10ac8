import * as z from "zod";
import { LANGUAGE_TAGS, type LanguageTag } from "./language-tags.ts";

/** A text of the operator's: one for every language, or one for each that it was written in. */
export type LocalText = string | { readonly [tag in LanguageTag]?: string | undefined };

export const languageTag = z.enum(LANGUAGE_TAGS);

/** @param text what each of the texts has to be */
export function localText<Text extends z.ZodType<string, string>>(text: Text) {
  return z.union([text, z.partialRecord(languageTag, text)], {
    error: `is one text, or one for each language: { ${LANGUAGE_TAGS.map((tag) => `${tag}: "…"`).join(", ")} }`,
  });
}

/** @returns the text in the language, or else in the default one, which every text has */
export function textIn(text: LocalText, language: LanguageTag, defaultLanguage: LanguageTag): string {
  return typeof text === "string" ? text : (text[language] ?? text[defaultLanguage] ?? "");
}
