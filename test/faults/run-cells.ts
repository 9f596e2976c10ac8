import { setTimeout as sleep } from "node:timers/promises";
import type { ActiveFault } from "../support/fault-proxy.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { type Attempt, STEPS, type StepName, type Testbed } from "./attempt.ts";
import type { Outcome } from "./outcome.ts";
import { prepare } from "./steps.ts";
import type { Table } from "./tables.ts";

/** One cell of a table. */
export interface Cell<Column extends string> {
  readonly step: StepName;
  /** Undefined where one cell stands for every column. */
  readonly column: Column | undefined;
  /** For a test's name. */
  readonly fault: string;
  readonly expected: string;
}

export interface RunOptions {
  /**
   * Each fault begins just before its step and ends with it, and the next waits until the step has succeeded: for faults that
   * meet whoever comes first, and so that no circuit takes several of them for an outage.
   */
  readonly oneByOne?: boolean;
}

/** Sign-ins at a time while nothing is out; one process does them all, and none must time out by itself. */
const AT_A_TIME = 6;
const RECOVERY_PAUSE_MS = 250;

/** @returns a table's cells, row by row */
export function cellsOf<Column extends string>(table: Table<Column>): readonly Cell<Column>[] {
  return STEPS.flatMap((step): Cell<Column>[] => {
    const row = table[step];
    if (typeof row === "string") return [{ step, column: undefined, fault: "whatever", expected: row }];
    return Object.entries<string | undefined>(row).map(([column, expected = ""]) => ({
      step,
      column: column as Column,
      fault: column,
      expected,
    }));
  });
}

/** What came of a cell. */
export interface Seen {
  /** In the words of the tables, and what was lost or is there twice, if anything. */
  readonly text: string;
  /** Holds every secret that went about. */
  readonly attempt: Attempt;
}

/**
 * Runs cells: makes an attempt for each with everything up, takes all of them at once under their faults, ends those, and
 * then takes again those that failed and looks at what is left of each.
 *
 * @param begin has the fault of a cell begin
 */
export async function runCells<Column extends string>(
  testbed: Testbed,
  cells: readonly Cell<Column>[],
  begin: (cell: Cell<Column>, attempt: Attempt) => ActiveFault,
  { oneByOne = false }: RunOptions = {},
): Promise<ReadonlyMap<Cell<Column>, Seen>> {
  const attempts = new Map<Cell<Column>, Attempt>();
  await fewAtATime(cells, async (cell) => {
    attempts.set(cell, await whenPossible(() => prepare(testbed, cell.step)));
  });
  const seen = new Map<Cell<Column>, Seen>();
  const settle = async (cell: Cell<Column>, attempt: Attempt, first: Outcome) => {
    seen.set(cell, { text: await afterwards(attempt, first), attempt });
  };
  if (oneByOne) {
    for (const [cell, attempt] of attempts) {
      const fault = begin(cell, attempt);
      const first = await taken(cell, attempt, fault);
      fault.end();
      await settle(cell, attempt, first);
    }
  } else {
    const begun = [...attempts].map(([cell, attempt]) => ({ cell, attempt, fault: begin(cell, attempt) }));
    const firsts = await Promise.all(
      begun.map(async (each) => ({ ...each, first: await taken(each.cell, each.attempt, each.fault) })),
    );
    for (const { fault } of begun) fault.end();
    await recovery(testbed);
    await fewAtATime(firsts, ({ cell, attempt, first }) => settle(cell, attempt, first));
  }
  return seen;
}

async function taken(cell: Cell<string>, attempt: Attempt, fault: ActiveFault): Promise<Outcome> {
  const outcome = await attempt.take();
  const missed = cell.column !== undefined && fault.met === 0;
  return missed ? { ...outcome, text: `${outcome.text}, nobody asked` } : outcome;
}

/** Takes a step again if need be, and looks at what is left of it. @returns what was seen from first to last */
async function afterwards(attempt: Attempt, first: Outcome): Promise<string> {
  let text = first.text;
  try {
    if (!first.good) text += `, then ${(await differentlyThan(first, attempt)).text}`;
    await attempt.check();
    return text;
  } catch (cause) {
    return `${text}; but ${cause instanceof Error ? cause.message : cause}`;
  }
}

/** Takes a step again until something else comes of it, as long as anybody would. */
async function differentlyThan(first: Outcome, attempt: Attempt): Promise<Outcome> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    // Taking it again may need what is no part of it: a new sign-in, to come back from Entra anew.
    const outcome = await whenPossible(attempt.takeAgain);
    if (outcome.text !== first.text || patience.aborted) return outcome;
    await sleep(RECOVERY_PAUSE_MS);
  }
}

/** A circuit that the fault opened may take a while to close. */
async function recovery(testbed: Testbed): Promise<void> {
  const { take } = await whenPossible(() => prepare(testbed, "call, not cached"));
  await whenPossible(async () => {
    if (!(await take()).good) throw new Error("the gateway did not recover");
  });
}

/** What is no part of a cell may take another try, on a busy machine. */
async function whenPossible<T>(task: () => Promise<T>): Promise<T> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (patience.aborted) throw error;
      await sleep(RECOVERY_PAUSE_MS);
    }
  }
}

async function fewAtATime<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await task(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}
