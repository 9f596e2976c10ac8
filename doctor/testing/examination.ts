import { expect } from "vitest";
import { checks } from "../checks/index.ts";
import { examine } from "../examine.ts";
import { network } from "../network.ts";
import { readMcpUrl, type Visit } from "../visit.ts";

/** A visit without a sign-in. */
export function visitTo(mcpUrl: string, changes: Partial<Visit> = {}): Visit {
  return {
    ...readMcpUrl(mcpUrl),
    signIn: false,
    signInTimeout: 10_000,
    network,
    now: Date.now,
    openBrowser: async () => false,
    say: () => undefined,
    ...changes,
  };
}

/** "check: code" for everything that is wrong. */
export async function wrongWith(visit: Visit): Promise<string[]> {
  const all = await examine(checks, visit);
  for (const { findings } of all) {
    for (const finding of findings) {
      expect(finding.what).not.toBe("");
      if (finding.level === "error") expect(finding.mend.join()).not.toBe("");
    }
  }
  return all.flatMap(({ check, findings }) =>
    findings.filter(({ level }) => level !== "info").map(({ code }) => `${check.name}: ${code}`),
  );
}
