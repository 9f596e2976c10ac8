import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../support/fault-proxy.ts";
import { cellsOf } from "./run-cells.ts";
import {
  everything,
  itLogsNoSecret,
  LOSES_ANSWER,
  onTestbed,
  type Results,
  type Show,
  SILENT,
  SLOW,
  shared,
  TIMEOUT_MS,
  UNAVAILABLE,
} from "./scenarios.ts";
import * as tables from "./tables.ts";
import type { FaultTestbed } from "./testbed.ts";

const HANGS_UP: Fault = { kind: "hangs-up" };
const NOT_LOADED: Fault = { kind: "answers", status: 404, body: "" };

const cells = cellsOf(tables.functionsHost);
const results: Results = { seen: new Map(), leaks: [] };

beforeAll(async () => {
  const impatient = await impatientPolicies();
  try {
    await onTestbed(results, { policiesFolder: impatient }, [functionsHostOut]);
  } finally {
    await rm(impatient, { recursive: true, force: true });
  }
}, TIMEOUT_MS);

describe("GW-8 SES-4 what a fault of the Functions host gives at", () => {
  it.each([...cells])("$step, $fault: $expected", (cell) => {
    expect(results.seen.get(cell)?.text).toBe(cell.expected);
  });
});

itLogsNoSecret(results, cells);

async function functionsHostOut(
  { faultProxies: { authorizationServer } }: FaultTestbed,
  show: Show,
): Promise<void> {
  const faults = {
    slow: SLOW,
    "hangs up": HANGS_UP,
    down: UNAVAILABLE,
    "app not loaded": NOT_LOADED,
    "answer lost": LOSES_ANSWER,
    silent: SILENT,
  } as const;
  for (const [column, fault] of Object.entries(faults)) {
    const its = cells.filter((cell) => cell.column === column || (column === "down" && !cell.column));
    await show(
      its,
      shared(() => authorizationServer.begin(fault, everything)),
    );
  }
}

/** The policies, with their patience with the authorization server shortened from 30 and 20 seconds. */
async function impatientPolicies(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "policies-"));
  await cp(resolve(import.meta.dirname, "../../policies"), folder, { recursive: true });
  for (const [file, patience] of [
    ["oauth/api.xml", 'timeout="30"'],
    ["fragments/session-token.xml", 'timeout="20"'],
  ] as const) {
    const path = join(folder, file);
    const text = await readFile(path, "utf8");
    if (text.split(patience).length !== 2) throw new Error(`${file} has not one ${patience}`);
    await writeFile(path, text.replace(patience, 'timeout="8"'));
  }
  return folder;
}
