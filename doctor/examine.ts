import type { Check, Examination, Given, IfKnown } from "./check.ts";
import type { Finding } from "./finding.ts";
import { NetworkError } from "./network.ts";
import { bare } from "./quote.ts";
import type { Visit } from "./visit.ts";

export type Outcome = "fine" | "info" | "warning" | "error" | "not-checked";

/** A check and what came of it. */
export interface Examined {
  readonly check: Check;
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
  readonly fine?: string;
  readonly notChecked?: string;
}

/**
 * Runs checks in their order. A check whose needs have no result is not run, and says which one it lacked, so that one
 * fault is reported once.
 *
 * @param checks each behind those that it needs
 * @param noted is told of each as soon as it is over
 * @throws Error when a check itself is at fault
 */
export async function examine(
  checks: readonly Check[],
  visit: Visit,
  noted: (examined: Examined) => void = () => undefined,
): Promise<readonly Examined[]> {
  const results = new Map<Check, unknown>();
  const given = <Result>(check: Check<Result>): Result => {
    if (!results.has(check)) throw new Error(`"${check.name}" is not among the needs`);
    return results.get(check) as Result;
  };
  const ifKnown = <Result>(check: Check<Result>) => results.get(check) as Result | undefined;
  /** For a check without a result: the one that all this began with. */
  const origins = new Map<Check, Check>();
  const all: Examined[] = [];
  for (const check of checks) {
    const lacking = check.needs.find((need) => !results.has(need));
    const origin = lacking && (origins.get(lacking) ?? lacking);
    const examination = origin
      ? { findings: [], notChecked: `needs "${origin.title}"` }
      : await run(check, given, visit, ifKnown);
    if (examination.result === undefined) origins.set(check, origin ?? check);
    else results.set(check, examination.result);
    const examined = { check, ...examination, outcome: outcomeOf(examination) };
    all.push(examined);
    noted(examined);
  }
  return all;
}

/** A request that nobody answers is a finding of whichever check made it. */
async function run(
  check: Check,
  given: Given,
  visit: Visit,
  ifKnown: IfKnown,
): Promise<Examination<unknown>> {
  try {
    return await check.examine(given, visit, ifKnown);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return {
      findings: [
        {
          code: NO_ANSWER,
          level: "error",
          what: `No answer from ${bare(error.url)}: ${error.message}.`,
          why: "Earlier requests got through, so the gateway or the way to it is unsteady, or something in between holds this one back.",
          mend: ["Run the doctor again; where it stays so, look at what stands before the gateway."],
        },
      ],
    };
  }
}

/** Any check's code for a request of its own that nobody answered. */
export const NO_ANSWER = "no-answer";

function outcomeOf({ findings, notChecked }: Examination<unknown>): Outcome {
  for (const level of ["error", "warning", "info"] as const) {
    if (findings.some((finding) => finding.level === level)) return level;
  }
  return notChecked === undefined ? "fine" : "not-checked";
}
