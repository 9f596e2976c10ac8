import { defineGateway } from "./config/load.ts";

// Every field, its default and its bounds: config/schema.ts.
export default defineGateway({
  name: "MCP gateway",
  servers: [
    {
      name: "graph",
      title: "Microsoft Graph",
      backend: { app: "graph-mcp" },
      entra: { scope: "Mcp.Access" },
      scopes: [{ name: "mcp.tools", description: "use this server's tools in your name" }],
      access: { roles: ["Mcp.User"] },
    },
  ],
});
