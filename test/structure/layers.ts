import type { Layers } from "./imports.ts";

const AUTHORIZATION_SERVER = "functions/authorization-server/contract.ts";
const GRAPH_MCP = "functions/graph-mcp/contract.ts";

/** What each room may import from the others. */
export const layers: Layers = {
  config: [],
  "gateway.config.ts": ["config"],
  examples: ["config"],
  // Only the build, which belongs to no app.
  functions: [],
  "functions/platform": ["config"],
  "functions/authorization-server": ["config", "functions/platform"],
  "functions/graph-mcp": ["config", "functions/platform"],
  infra: ["config", "gateway.config.ts", AUTHORIZATION_SERVER, GRAPH_MCP, "functions/build.ts"],
  "packages/local-gateway": [],
  // Stand-ins are built from what the apps share; of the apps themselves, from their contracts.
  twin: [
    "config",
    AUTHORIZATION_SERVER,
    GRAPH_MCP,
    "functions/build.ts",
    "functions/platform",
    "infra/apis/describe.ts",
    "infra/apis/description.ts",
  ],
  doctor: ["config", "gateway.config.ts", AUTHORIZATION_SERVER, GRAPH_MCP],
  "vitest.config.ts": ["test/support"],
  "vitest.mutation.config.ts": [],
};

/** Tests and what only tests and measurements use: may import everything, and nothing else imports it. */
export function isTestCode(path: string): boolean {
  return /\.test\.ts$|^(?:test|bench)\/|\/testing\//.test(path);
}
