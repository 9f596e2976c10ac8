/** The languages of the pages. A new language needs its tag here and a file in the authorization server's `pages/languages/`. */
export const LANGUAGE_TAGS = ["en", "de"] as const;

export type LanguageTag = (typeof LANGUAGE_TAGS)[number];
