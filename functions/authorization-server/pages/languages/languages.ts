import { de } from "./de.ts";
import { en } from "./en.ts";
import type { Language } from "./language.ts";

/** The languages of our pages, by their tags: a new one is a file beside this and its place here. */
export const languages = { en, de } satisfies Readonly<Record<string, Language>>;

/** Tag of a language that our pages speak. */
export type LanguageTag = keyof typeof languages;

export const LANGUAGE_TAGS = Object.keys(languages) as readonly LanguageTag[];
