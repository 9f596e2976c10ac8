import { defineGateway } from "./config/load.ts";

// Every field, its default and its bounds: config/schema.ts and the files that it imports.
export default defineGateway({
  name: "MCP gateway",
  servers: [
    {
      name: "graph",
      title: "Microsoft Graph",
      backend: { app: "graph-mcp" },
      entra: { scope: "Mcp.Access" },
      scopes: [
        { name: "mcp.tools", description: "use this server's tools in your name" },
        // A client asks for it when it first calls the tool that needs it.
        {
          name: "mcp.diagnostics",
          description: "see what you allowed, and until when",
          required: false,
        },
      ],
      access: { roles: ["Mcp.User"] },
    },
  ],
});
