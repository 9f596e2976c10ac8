import { defineGateway } from "../config/load.ts";

// The sample server with rules for its tools, which the gateway enforces: `npm start -- --config examples/tool-rules.config.ts`.
// In the twin, Jonas Lindqvist has the role Mcp.Admin and Mira Okafor does not.
export default defineGateway({
  servers: [
    {
      name: "graph",
      title: "Microsoft Graph",
      backend: { app: "graph-mcp" },
      entra: { scope: "Mcp.Access" },
      scopes: [
        { name: "mcp.tools", description: "use this server's tools on your behalf" },
        { name: "mcp.diagnostics", description: "see what you allowed, and until when", required: false },
      ],
      access: { roles: ["Mcp.User"], titles: { "Mcp.Admin": "Directory administrator" } },
      tools: {
        // tools/list shows nobody a tool that their roles do not allow.
        hide: true,
        rules: [
          { name: "describe_*", scopes: ["mcp.diagnostics"] },
          { name: "get_graph_*", roles: ["Mcp.Admin"] },
          { name: "whoami", rate: { calls: 30, period: 60 } },
        ],
      },
    },
  ],
});
