import { join, resolve } from "node:path";
import { parseGatewayConfig } from "../../config/load.ts";
import type { GatewayConfigInput } from "../../config/schema.ts";
import shippedConfig from "../../gateway.config.ts";
import type { LogLine } from "../../local/component.ts";
import { startTwin, type Twin, type TwinOptions } from "../../local/twin.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const BUNDLES = Object.fromEntries(
  ["authorization-server", "graph-mcp"].map((app) => [app, join(REPOSITORY, "dist/functions", app)]),
);

/** Rate limits are counted per address, and every test has the same one. */
const UNLIMITED = { calls: 1_000_000, period: 60 };

export interface TestTwin extends Twin {
  /** Every line that has come from any component so far. Those of the apps come after their answers. */
  readonly logs: readonly LogLine[];
  /** Every line that any component wrote so far, also those that are on their way. */
  allLogs(): Promise<readonly LogLine[]>;
  /** URL of the first MCP server. */
  readonly mcpUrl: string;
}

/**
 * Starts a twin of its own for a test file, on free ports, from the bundles that ship and the repository's policies.
 *
 * @param config replaces members of the shipped `gateway.config.ts`
 */
export async function startTestTwin(
  config: Partial<GatewayConfigInput> = {},
  options: Partial<Omit<TwinOptions, "config" | "log">> = {},
): Promise<TestTwin> {
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
  const twin = await startTwin({
    bundles: BUNDLES,
    ...options,
    config: parseGatewayConfig({ ...shippedConfig, rateLimits, ...config }, "test"),
    log: (line) => logs.push(line),
  });
  const allLogs = async () => {
    await Promise.all([twin.authorizationServer.logWritten(), twin.graphMcp.logWritten()]);
    return logs;
  };
  return { ...twin, logs, allLogs, mcpUrl: twin.resolved.servers[0]?.resource ?? "" };
}
