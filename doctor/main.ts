import { loadGatewayConfig } from "../config/load.ts";
import { readArguments, USAGE } from "./arguments.ts";
import { checks } from "./checks/index.ts";
import { examine } from "./examine.ts";
import { network } from "./network.ts";
import { openBrowser } from "./open-browser.ts";
import { toJson } from "./report/json.ts";
import { checkLines, summaryLines } from "./report/table.ts";
import { readMcpUrl, type Visit } from "./visit.ts";

const SIGN_IN_TIMEOUT_MS = 300_000;
const DEFAULT_WIDTH = 100;

/** @returns the exit code */
async function main(words: readonly string[]): Promise<number> {
  const given = readArguments(words, process.env);
  if (!given) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { json, mcpUrl, config, ...options } = given;
  const visit: Visit = {
    ...readMcpUrl(mcpUrl),
    ...options,
    configuration: { file: config, load: () => loadGatewayConfig(config) },
    signInTimeout: SIGN_IN_TIMEOUT_MS,
    network,
    now: Date.now,
    openBrowser,
    say: (text) => process.stderr.write(`${text}\n`),
  };
  const table = {
    colour: wantsColour(process.env, process.stdout.isTTY),
    width: process.stdout.columns ?? DEFAULT_WIDTH,
    local: visit.local,
  };
  const all = await examine(checks, visit, (examined) => {
    if (!json) process.stdout.write(`${checkLines(examined, table)}\n`);
  });
  process.stdout.write(json ? toJson(visit, all) : summaryLines(all, table));
  return all.some(({ outcome }) => outcome === "error") ? 1 : 0;
}

/** https://no-color.org, and the reverse for pipes that can show it. */
function wantsColour(environment: NodeJS.ProcessEnv, terminal: boolean): boolean {
  if (environment["NO_COLOR"]) return false;
  return terminal || Boolean(environment["FORCE_COLOR"]);
}

// Whoever reads the table may stop before its end, as `head` does.
process.stdout.once("error", () => process.exit(2));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
