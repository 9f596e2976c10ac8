import { defineGateway } from "../config/load.ts";

// Two MCP servers behind one gateway: the sample one, and one that was there before, at a URL, with an Entra
// application of its own. `npm start -- --config examples/two-servers.config.ts` answers for notes.example by itself.
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
    },
    {
      name: "notes",
      title: "Notes",
      backend: { url: "https://notes.example/mcp" },
      entra: { scope: "api://c8eaf4b5-7d92-4fb3-9a4a-2b4c6d8eaf31/Notes.ReadWrite" },
      scopes: [{ name: "notes.write", description: "read and add your notes" }],
    },
  ],
});
