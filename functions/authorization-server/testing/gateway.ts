import { parseGatewayConfig } from "../../../config/load.ts";
import { type ResolvedGateway, resolveGateway } from "../../../config/resolve.ts";
import type { GatewayConfigInput } from "../../../config/schema.ts";

export const ISSUER = "https://gw.example";

/**
 * A gateway with two MCP servers: `graph`, the default, for users with a role, and `notes`, for everybody, each with
 * required and optional scopes.
 *
 * @param changes replaces members of the configuration
 */
export function resolvedGateway(changes: Partial<GatewayConfigInput> = {}): ResolvedGateway {
  const config = parseGatewayConfig(
    {
      servers: [
        {
          name: "graph",
          title: "Microsoft Graph",
          backend: { app: "graph-mcp" },
          entra: { scope: "Mcp.Access" },
          scopes: [
            { name: "mcp.tools", description: "use the tools" },
            { name: "mcp.admin", description: "change the tools", required: false },
          ],
          access: { roles: ["Mcp.User", "Mcp.Admin"] },
        },
        {
          name: "notes",
          title: "Notes",
          backend: { url: "https://notes.example/mcp" },
          entra: { scope: "api://notes/Notes.Use" },
          scopes: [
            { name: "notes.read", description: "read your notes" },
            { name: "notes.write", description: "change your notes", required: false },
          ],
        },
      ],
      clients: [
        {
          id: "inspector",
          name: "MCP Inspector",
          redirectUris: ["http://localhost:6274/oauth/callback", "https://inspector.example/callback"],
        },
        { id: "client", name: "Client", redirectUris: ["http://localhost:6274/callback"] },
        { id: "thief", name: "Thief", redirectUris: ["https://thief.example/cb"] },
      ],
      ...changes,
    },
    "testing/gateway.ts",
  );
  return resolveGateway(config, {
    origin: ISSUER,
    apps: {
      "graph-mcp": {
        mcpUrl: "https://graph.example/mcp",
        applicationId: "b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20",
      },
    },
  });
}
