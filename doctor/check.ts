import type { Catalogue, Finding } from "./finding.ts";
import type { Visit } from "./visit.ts";

/** What a check saw. */
export interface Examination<Result> {
  readonly findings: readonly Finding[];
  /** One line that says what is right, for when nothing is wrong. */
  readonly fine?: string;
  /** What later checks need; left out, those are not run. */
  readonly result?: Result;
  /** Why there was nothing to check. */
  readonly notChecked?: string;
}

/** The result of an earlier check that this one needs. */
export type Given = <Result>(check: Check<Result>) => Result;

/** The result of an earlier check, where it has one. */
export type IfKnown = <Result>(check: Check<Result>) => Result | undefined;

/** One thing that the doctor looks at. */
export interface Check<Result = unknown> {
  /** Stable, in kebab-case. */
  readonly name: string;
  readonly title: string;
  /** Checks whose results it takes; where one has none, this one is not run. */
  readonly needs: readonly Check[];
  readonly catalogue: Catalogue;
  examine(given: Given, visit: Visit, ifKnown: IfKnown): Promise<Examination<Result>>;
}

/**
 * @param catalogue a check's codes
 * @returns how to make findings of those codes
 */
export function findingsOf<Codes extends Catalogue>(catalogue: Codes): Find<keyof Codes & string> {
  return (code, { what, mend }) => {
    const entry = catalogue[code];
    if (!entry) throw new Error(`the catalogue has no "${code}"`);
    return { code, level: entry.level, what, why: entry.why, mend: [...new Set(mend)] };
  };
}

/** Makes a finding of one of the codes from what was seen. */
export type Find<Code extends string> = (
  code: Code,
  seen: { readonly what: string; readonly mend: readonly string[] },
) => Finding;
