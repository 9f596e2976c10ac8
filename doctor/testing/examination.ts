import { expect } from "vitest";
import { parseGatewayConfig } from "../../config/load.ts";
import shippedConfig from "../../gateway.config.ts";
import { checks } from "../checks/index.ts";
import { examine } from "../examine.ts";
import { network } from "../network.ts";
import { readMcpUrl, type Visit } from "../visit.ts";

/** A visit without a sign-in. */
export function visitTo(mcpUrl: string, changes: Partial<Visit> = {}): Visit {
  return {
    ...readMcpUrl(mcpUrl),
    configuration: configurationOf(shippedConfig),
    signIn: false,
    signInTimeout: 10_000,
    network,
    now: Date.now,
    openBrowser: async () => false,
    say: () => undefined,
    ...changes,
  };
}

/** As the doctor reads it from a file. */
export function configurationOf(config: unknown): Visit["configuration"] {
  const file = "gateway.config.ts";
  return { file, load: async () => parseGatewayConfig(config, file) };
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
