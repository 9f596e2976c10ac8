import { beforeAll, describe, expect, it } from "vitest";
import { type Cell, cellsOf } from "./run-cells.ts";
import {
  everything,
  itLogsNoSecret,
  itsOperations,
  LOSES_ANSWER,
  of,
  onTestbed,
  READS,
  type Results,
  type Show,
  SILENT,
  SLOW,
  shared,
  TIMEOUT_MS,
  UNAVAILABLE,
  WRITES,
} from "./scenarios.ts";
import * as tables from "./tables.ts";
import type { FaultTestbed } from "./testbed.ts";

const cells = cellsOf(tables.store);
const results: Results = { seen: new Map(), leaks: [] };

beforeAll(async () => {
  await onTestbed(results, {}, [storeDisturbed, storeOut]);
}, TIMEOUT_MS);

describe("SES-4 TOK-4 what a fault of the store gives at", () => {
  it.each([...cells])("$step, $fault: $expected", (cell) => {
    expect(results.seen.get(cell)?.text).toBe(cell.expected);
  });
});

itLogsNoSecret(results, cells);

/** One operation fails, or all are slow: the store is there, and no circuit may take it for out. */
async function storeDisturbed({ faultProxies: { cosmos } }: FaultTestbed, show: Show): Promise<void> {
  const doesWrite = ({ step }: Cell<string>) =>
    cells.some((cell) => cell.step === step && cell.column === "write fails");
  await show(of(cells, "slow"), (_, attempt) => cosmos.begin(SLOW, attempt.owns));
  await show(
    of(cells, "answer lost").filter((cell) => !doesWrite(cell)),
    (_, attempt) => cosmos.begin(LOSES_ANSWER, itsOperations(READS, attempt), 1),
  );
  await show(
    [...of(cells, "read fails", "write fails"), ...of(cells, "answer lost").filter(doesWrite)],
    ({ column }, attempt) =>
      column === "read fails"
        ? cosmos.begin(UNAVAILABLE, itsOperations(READS, attempt), 1)
        : cosmos.begin(
            column === "write fails" ? UNAVAILABLE : LOSES_ANSWER,
            itsOperations(WRITES, attempt),
            1,
          ),
    { oneByOne: true },
  );
}

async function storeOut({ faultProxies: { cosmos } }: FaultTestbed, show: Show): Promise<void> {
  await show(
    [...of(cells, "down"), ...of(cells, undefined)],
    shared(() => cosmos.begin(UNAVAILABLE, everything)),
  );
  await show(
    of(cells, "silent"),
    shared(() => cosmos.begin(SILENT, everything)),
  );
}
