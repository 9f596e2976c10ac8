import type { Examined } from "../examine.ts";
import type { Visit } from "../visit.ts";

/**
 * The same for machines. Names of checks and codes of findings are stable; texts are not.
 *
 * @returns JSON, with a line break at its end
 */
export function toJson(visit: Pick<Visit, "mcpUrl" | "now">, all: readonly Examined[]): string {
  const report = {
    mcpUrl: visit.mcpUrl,
    at: new Date(visit.now()).toISOString(),
    healthy: !all.some(({ outcome }) => outcome === "error"),
    checks: all.map(({ check, outcome, findings, fine, notChecked }) => ({
      name: check.name,
      title: check.title,
      outcome,
      ...(fine === undefined || outcome === "error" ? {} : { fine }),
      ...(notChecked === undefined ? {} : { notChecked }),
      findings,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
