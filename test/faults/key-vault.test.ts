import { beforeAll, describe, expect, it } from "vitest";
import type { VaultFault } from "../../twin/key-vault/start.ts";
import type { ActiveFault } from "../support/fault-proxy.ts";
import { cellsOf } from "./run-cells.ts";
import {
  itLogsNoSecret,
  of,
  onTestbed,
  type Results,
  type Show,
  SLOW_MS,
  shared,
  TIMEOUT_MS,
} from "./scenarios.ts";
import * as tables from "./tables.ts";
import type { FaultTestbed } from "./testbed.ts";

const cells = cellsOf(tables.keyVault);
const results: Results = { seen: new Map(), leaks: [] };

beforeAll(async () => {
  await onTestbed(results, { keyVault: true }, [keyVaultOut]);
}, TIMEOUT_MS);

describe("SES-4 what a fault of Key Vault gives at", () => {
  it.each([...cells])("$step, $fault: $expected", (cell) => {
    expect(results.seen.get(cell)?.text).toBe(cell.expected);
  });
});

itLogsNoSecret(results, cells);

async function keyVaultOut({ twin: { keyVault: vault } }: FaultTestbed, show: Show): Promise<void> {
  if (!vault) throw new Error("the twin has no Key Vault");
  const active = (fault: VaultFault, times?: number): ActiveFault => {
    const met = vault.fault(fault, times);
    return {
      get met() {
        return met();
      },
      end: () => void vault.fault(undefined),
    };
  };
  await show(
    of(cells, "slow"),
    shared(() => active({ kind: "slow", milliseconds: SLOW_MS })),
  );
  await show(
    of(cells, "fails once", "answer lost"),
    ({ column }) => active({ kind: column === "fails once" ? "throttles" : "hangs-up" }, 1),
    { oneByOne: true },
  );
  await show(
    [...of(cells, "down"), ...of(cells, undefined)],
    shared(() => active({ kind: "throttles", retryAfter: 3600 })),
  );
  await show(
    of(cells, "silent"),
    shared(() => active({ kind: "silent" })),
  );
}
