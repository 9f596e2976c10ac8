import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseGatewayConfig } from "../../config/load.ts";
import shippedConfig from "../../gateway.config.ts";
import type { LogLine } from "../../twin/component.ts";
import { startTwin } from "../../twin/twin.ts";
import { startLanguageModel } from "./language-model.ts";
import { programs } from "./programs.ts";
import { install } from "./scratch.ts";
import { table } from "./table.ts";
import { type Trial, tryProgram } from "./try.ts";

const USAGE = `Installs MCP clients that people use, and has each sign in, call, refresh, lose its session, lack a scope, and
sign out at a twin.

  npm run try-clients                    all of them; prints the rows of docs/clients.md
  npm run try-clients -- codex gemini    those whose name contains one of these
  npm run try-clients -- --folder <path> where they are installed (${join(tmpdir(), "mcp-clients")} unless given)
`;

/** Waited for once a program; programs have clocks of their own, so the twin's is not moved. */
const ACCESS_TOKEN_SECONDS = 40;

const say = (text: string) => void process.stderr.write(`${text}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: "string", default: join(tmpdir(), "mcp-clients") },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  say(USAGE);
} else {
  process.exitCode = await main();
}

/** @returns the exit code: 1 when a step was not played, or a program failed at it */
async function main(): Promise<number> {
  const chosen = programs.filter(
    ({ name }) =>
      positionals.length === 0 || positionals.some((part) => name.toLowerCase().includes(part.toLowerCase())),
  );
  say(`Installing ${chosen.map(({ name }) => name).join(", ")} …`);
  const installation = await install(values.folder, chosen);
  const logs: LogLine[] = [];
  const model = await startLanguageModel();
  const lifetimes = { accessToken: ACCESS_TOKEN_SECONDS };
  const config = parseGatewayConfig({ ...shippedConfig, lifetimes }, "gateway.config.ts");
  const twin = await startTwin({ config, log: (line) => logs.push(line) });
  const trials: Trial[] = [];
  try {
    for (const program of chosen) {
      trials.push(await tryProgram(program, { twin, logs, model, installation, say }));
    }
  } finally {
    await twin.stop();
    await model.stop();
  }
  const rows = table(trials);
  process.stdout.write(rows);
  return trials.some(({ reasons }) => reasons.length > 0) || rows.includes("**") ? 1 : 0;
}
