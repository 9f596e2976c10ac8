import { OIDC, OURS, WORKERS } from "../contestants.ts";
import type { Run } from "./run.ts";

interface Target {
  readonly what: string;
  readonly measured: number;
  readonly bound: number;
  /** Whether more is better. */
  readonly atLeast?: true;
}

/** What this project wants of itself, beside what a run measured. */
export function targets(run: Run): readonly Target[] {
  const { steps, coldStart, account, calls, twinStart } = run;
  const beside = (step: "whole" | "refresh" | "register" | "token", bound: number): Target[] =>
    [WORKERS, OIDC].map((peer) => ({
      what: `${step === "whole" ? "whole sign-in" : step}, of ${peer}'s`,
      measured: (steps.get(OURS)?.[step] ?? Number.NaN) / (steps.get(peer)?.[step] ?? Number.NaN),
      bound,
    }));
  const [one, many] = account ?? [];
  return [
    ...beside("whole", 0.75),
    ...beside("refresh", 1.1),
    ...beside("register", 1.3),
    ...beside("token", 0.75),
    ...(coldStart
      ? [{ what: "cold start, of an empty app's", measured: coldStart.ours / coldStart.empty, bound: 1.5 }]
      : []),
    ...(one && many
      ? [
          {
            what: `account page with ${many.sessions} sessions, of one's`,
            measured: many.cpu / one.cpu,
            bound: 3,
          },
        ]
      : []),
    ...(calls
      ? [
          {
            what: "calls a second and core, on a cache hit",
            measured: calls.perSecondAndCore,
            bound: 2000,
            atLeast: true as const,
          },
          {
            what: "tool call with 50 access rules, of one's without",
            measured: calls.toolCall.withRules / calls.toolCall.withoutRules,
            bound: 1.15,
          },
        ]
      : []),
    ...(twinStart === undefined
      ? []
      : [{ what: "start of the twin, seconds", measured: twinStart, bound: 2 }]),
  ];
}
