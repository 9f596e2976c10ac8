import type { LanguageTag } from "../../../../config/language-tags.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import type { Language } from "./language.ts";

export const languages = { en, de } satisfies Readonly<Record<LanguageTag, Language>>;
