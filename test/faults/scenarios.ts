import { expect, it } from "vitest";
import { operationOf } from "../../twin/cosmos/operation.ts";
import type { TwinOptions } from "../../twin/twin.ts";
import type { ActiveFault, Fault, PassingRequest } from "../support/fault-proxy.ts";
import { findSecrets } from "../support/secret-search.ts";
import type { Attempt } from "./attempt.ts";
import { type Cell, type RunOptions, runCells, type Seen } from "./run-cells.ts";
import { type FaultTestbed, startTestbed } from "./testbed.ts";

/** For all scenarios of a file, which wait most of the time for what does not answer. */
export const TIMEOUT_MS = 600_000;

/** Several times what a request takes, and far from every time-out, on a busy machine too. */
export const SLOW_MS = 100;
export const SLOW: Fault = { kind: "slow", milliseconds: SLOW_MS };
export const SILENT: Fault = { kind: "silent" };
export const LOSES_ANSWER: Fault = { kind: "loses-answer" };
export const PAGE = {
  type: "text/html",
  body: "<!doctype html><title>Busy</title><h1>Service Unavailable</h1>",
};
export const UNAVAILABLE: Fault = { kind: "answers", status: 503, ...PAGE };

export type Scenario = (testbed: FaultTestbed, show: Show) => Promise<void>;
export type Show = <Column extends string>(
  cells: readonly Cell<Column>[],
  begin: (cell: Cell<Column>, attempt: Attempt) => ActiveFault,
  options?: RunOptions,
) => Promise<void>;

/** What came of the scenarios of one file. */
export interface Results {
  readonly seen: Map<Cell<string>, Seen>;
  /** Secrets that were found in logs. */
  readonly leaks: string[];
}

/** Declares the test that no secret was logged meanwhile. */
export function itLogsNoSecret({ seen, leaks }: Results, cells: readonly Cell<string>[]): void {
  it("no fault brings a secret into a log", () => {
    expect(seen.size).toBe(cells.length);
    expect(leaks).toEqual([]);
  });
}

/** Runs scenarios one after another on a testbed of their own. */
export async function onTestbed(
  { seen, leaks }: Results,
  options: Partial<TwinOptions>,
  scenarios: readonly Scenario[],
): Promise<void> {
  const testbed = await startTestbed(options);
  const secrets = new Set<string>();
  const show: Show = async (cells, begin, runOptions) => {
    for (const [cell, each] of await runCells(testbed, cells, begin, runOptions)) {
      seen.set(cell, each);
      for (const secret of each.attempt.secrets()) secrets.add(secret);
    }
  };
  try {
    for (const scenario of scenarios) await scenario(testbed, show);
  } finally {
    // With it end the processes, and what they wrote is in the log.
    await testbed.stop();
  }
  leaks.push(
    ...findSecrets(
      secrets,
      testbed.twin.logs.map(({ message }) => message),
    ),
  );
}

export const READS = / read$/;
export const WRITES = / (create|replace|delete)$/;

export function of<Column extends string>(
  cells: readonly Cell<Column>[],
  ...columns: readonly (Column | undefined)[]
): readonly Cell<Column>[] {
  return cells.filter(({ column }) => columns.includes(column));
}

/** One fault for all cells of a run. */
export function shared(begin: () => ActiveFault): () => ActiveFault {
  let active: ActiveFault | undefined;
  return () => {
    active ??= begin();
    return active;
  };
}

export function everything(): boolean {
  return true;
}

/** An attempt's own operations of the store. */
export function itsOperations(kinds: RegExp, { owns }: Attempt): (request: PassingRequest) => boolean {
  return (request) => {
    const path = request.path.replace(/\?.*$/s, "");
    return owns(request) && kinds.test(operationOf(request.method, path, request.headers));
  };
}
