import { expect, it } from "vitest";
import { parseGatewayConfig } from "../../config/load.ts";
import { routes } from "./routes.ts";

/** What the configuration is refused for, when its server has this path. */
function refusal(path: string): string {
  const server = {
    name: "graph",
    title: "Microsoft Graph",
    path,
    backend: { app: "graph-mcp" },
    entra: { scope: "Mcp.Access" },
    scopes: [{ name: "mcp.tools", description: "use the tools" }],
  };
  try {
    parseGatewayConfig({ servers: [server] }, "g.ts");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "accepted";
}

const firstSegments = new Set([
  ...Object.values(routes).map((route) => route.path.split("/")[1]),
  // Kept free for endpoints to come.
  "account",
  "introspect",
]);

it.each([...firstSegments])("keeps a server's path off the authorization server's own /%s", (segment) => {
  expect(refusal(`/${segment}`)).toMatch(/^g\.ts: servers\[0\]\.path: /);
  expect(refusal(`/${segment}/mcp`)).toMatch(/^g\.ts: servers\[0\]\.path: /);
});
