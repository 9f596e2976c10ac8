import { defineGateway } from "../config/load.ts";

// An MCP server that also takes Entra tokens directly: a workload with an app role, and people who use a client that Entra knows. The
// IDs are those of the twin's demo tenant; replace them by those of your applications.
// `npm start -- --config examples/entra-tokens.config.ts` prints how to get such a token and how to call with it.
export default defineGateway({
  servers: [
    {
      name: "graph",
      title: "Microsoft Graph",
      backend: { app: "graph-mcp" },
      entra: { scope: "Mcp.Access" },
      scopes: [
        { name: "mcp.tools", description: "use this server's tools in your name" },
        { name: "mcp.diagnostics", description: "see what you allowed, and until when", required: false },
      ],
      access: { roles: ["Mcp.User"] },
      entraTokens: {
        clients: [
          "d9fb05c6-8ea3-4ac4-8b5b-3c5d7e9fb042", // Nightly report, a workload
          "ea0c16d7-9fb4-4bd5-9c6c-4d6e8fa0c153", // Console, a native client
        ],
        users: { "Mcp.Access": ["mcp.tools"] },
        workloads: { "Mcp.Workload": ["mcp.tools"] },
      },
    },
  ],
});
