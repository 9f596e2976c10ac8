import { STEPS } from "../measure/steps.ts";
import { callRows } from "./calls.ts";
import type { Run } from "./run.ts";
import { number, table } from "./table.ts";
import { targets } from "./targets.ts";

/** @returns a run in Markdown */
export function report(run: Run): string {
  return [made(run), steps(run), targetTable(run), limits(run), others(run), parallel(run)]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function made({ machine, size }: Run): string {
  const { date, processor, cores, node, load } = machine;
  return `Made on ${date} with Node ${node} on ${cores} cores (${processor}), whose load was ${load.toFixed(1)} before: ${size.steps.rounds} rounds
of ${size.steps.signIns} sign-ins each, after those that warm up.`;
}

function steps({ steps: times }: Run): string {
  const columns = ["whole", ...STEPS] as const;
  const headings = ["CPU ms per step", "whole sign-in", ...STEPS.map(heading)];
  const rows = [...times].map(([name, taken]) => [name, ...columns.map((step) => number(taken[step]))]);
  return table(headings, rows);
}

function targetTable(run: Run): string {
  const rows = targets(run).map(({ what, measured, bound, atLeast }) => [
    what,
    number(measured),
    `${atLeast ? "≥" : "≤"} ${bound}`,
    (atLeast ? measured >= bound : measured <= bound) ? "met" : "**missed**",
  ]);
  return table(["Target", "measured", "wanted", ""], rows);
}

function limits({ limits: found }: Run): string | undefined {
  if (!found) return undefined;
  return table(
    ["The machine itself", "CPU ms"],
    [
      ["RS256 signature (2048 bits)", number(found.rs256Sign, 3)],
      ["RS256 verification", number(found.rs256Verify, 3)],
      ["A256GCM of 6 KB", number(found.a256gcm, 3)],
      ["a request on loopback, of the process that answers", number(found.loopbackRequest, 3)],
    ],
  );
}

function others({ calls, account, coldStart, twinStart }: Run): string | undefined {
  const rows = [
    ...(calls ? callRows(calls) : []),
    ...(account ?? []).map(({ sessions, cpu }) => [
      `account page with ${sessions} session${sessions === 1 ? "" : "s"}, CPU ms`,
      number(cpu),
    ]),
    ...(coldStart
      ? [
          ["cold start of the authorization server, CPU ms", number(coldStart.ours, 0)],
          ["cold start of an empty Functions app, CPU ms", number(coldStart.empty, 0)],
        ]
      : []),
    ...(twinStart === undefined ? [] : [["start of the twin, seconds on the clock", number(twinStart)]]),
  ];
  return rows.length > 0 ? table(["Besides", ""], rows) : undefined;
}

function parallel({ parallel: found }: Run): string | undefined {
  if (!found) return undefined;
  const rows = found.map(({ contestant, parallel: degree, p50, p99, rss, heapUsed }) => [
    contestant,
    String(degree),
    number(p50, 0),
    number(p99, 0),
    mebibytes(rss),
    mebibytes(heapUsed),
  ]);
  return table(["Parallel sign-ins", "at a time", "p50 ms", "p99 ms", "RSS MiB", "heap MiB"], rows);
}

function heading(step: string): string {
  return step === "sessionToken" ? "session token" : step;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
