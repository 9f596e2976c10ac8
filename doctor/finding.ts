/** `error`: somebody cannot sign in or is not safe; `warning`: it works, but not for long or not for all; `info`: to know. */
export type Level = "error" | "warning" | "info";

/** What one code of a check stands for, wherever it turns up. */
export interface CatalogueEntry {
  readonly level: Level;
  /** What is wrong, in the table of the README. */
  readonly means: string;
  /** Why it matters to somebody who connects a client, or who answers for the gateway. */
  readonly why: string;
}

/** One check's codes: stable names in kebab-case, which scripts may rely on. */
export type Catalogue = Readonly<Record<string, CatalogueEntry>>;

/** Something that a check found on this gateway. Never holds a token, code, cookie or verifier. */
export interface Finding {
  readonly code: string;
  readonly level: Level;
  /** What was seen, with the values that were seen. */
  readonly what: string;
  readonly why: string;
  /** Commands and short sentences that mend it, in order. */
  readonly mend: readonly string[];
}
