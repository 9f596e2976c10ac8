import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseGatewayConfig } from "../../config/load.ts";
import type { GatewayConfigInput } from "../../config/schema.ts";
import shippedConfig from "../../gateway.config.ts";
import { advanceClock, restoreClock } from "../../twin/clock.ts";
import type { LogLine } from "../../twin/component.ts";
import { startTwin, type Twin, type TwinOptions } from "../../twin/twin.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const BUNDLES = Object.fromEntries(
  ["authorization-server", "graph-mcp"].map((app) => [app, join(REPOSITORY, "dist/functions", app)]),
);

/** Rate limits are counted per address, and every test has the same one. */
const UNLIMITED = { calls: 1_000_000, period: 60 };

/**
 * Nothing listens on the discard port, so a client's document is out of reach at once: no test asks the internet, whose answers
 * would differ from day to day.
 */
const NO_INTERNET = { proxy: "http://127.0.0.1:9" };

/** Of the twins that run. */
const folders = new Set<string>();
// Ctrl-C ends Vitest, which kills this process before it can stop a twin; the apps' processes end with it.
process.on("SIGINT", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A twin as every test may use it. */
export interface TestTwin extends Omit<Twin, "stop"> {
  /** Every line that has come from any component so far. Those of the apps come after their answers. */
  readonly logs: readonly LogLine[];
  /** Every line that any component wrote so far, also those that are on their way. */
  allLogs(): Promise<readonly LogLine[]>;
  /** URL of the first MCP server. */
  readonly mcpUrl: string;
}

/** A twin for one test file, suite or test, which may do with it what it likes. */
export interface OwnTestTwin extends TestTwin {
  /**
   * Moves time forward for all components: those of this process, and each process of the apps. Tests of the same file that run
   * at the same time share it; it ends with the twin.
   *
   * @param seconds on top of what it was moved before
   */
  advance(seconds: number): Promise<void>;
  /** Ends every component and removes what the twin wrote. */
  stop(): Promise<void>;
}

export type TestTwinOptions = Partial<Omit<TwinOptions, "config" | "log">>;

/**
 * Starts a twin on free ports, from the bundles that ship and the repository's policies.
 *
 * @param config replaces members of the shipped `gateway.config.ts`
 */
export async function startTestTwin(
  config: Partial<GatewayConfigInput> = {},
  options: TestTwinOptions = {},
): Promise<OwnTestTwin> {
  const rateLimits = {
    register: UNLIMITED,
    signIn: UNLIMITED,
    token: UNLIMITED,
    client: UNLIMITED,
    clientEverywhere: UNLIMITED,
    mcp: UNLIMITED,
    documents: UNLIMITED,
  };
  const logs: LogLine[] = [];
  let movedClock = false;
  const twin = await startTwin({
    bundles: BUNDLES,
    ...options,
    config: parseGatewayConfig(
      { ...shippedConfig, clientDocuments: NO_INTERNET, rateLimits, ...config },
      "test",
    ),
    log: (line) => logs.push(line),
  });
  folders.add(twin.folder);
  const allLogs = async () => {
    await Promise.all([twin.authorizationServer.logWritten(), twin.graphMcp.logWritten()]);
    return logs;
  };
  return {
    ...twin,
    logs,
    allLogs,
    mcpUrl: twin.resolved.servers[0]?.resource ?? "",
    async advance(seconds) {
      movedClock = true;
      advanceClock(seconds);
      await Promise.all([twin.authorizationServer, twin.graphMcp].map((app) => app.advanceClock(seconds)));
    },
    async stop() {
      if (movedClock) restoreClock();
      await twin.stop();
      folders.delete(twin.folder);
    },
  };
}
