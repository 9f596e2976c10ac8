import { defineGateway } from "../config/load.ts";

// Servers that know nothing of Entra: two verify the gateway's assertions, each with what its language offers, and one is told nothing.
// `npm start -- --config examples/servers-without-entra.config.ts`, then start the servers as their READMEs say.
export default defineGateway({
  servers: [
    {
      name: "files",
      title: "Files",
      backend: { url: "http://127.0.0.1:3001/mcp" },
      identity: { assertion: { audience: "https://files.example/mcp", claims: ["name"] } },
      scopes: [{ name: "files.read", description: "see your files" }],
      access: { roles: ["Files.Reader"] },
    },
    {
      name: "tickets",
      title: "Tickets",
      backend: { url: "http://127.0.0.1:3002/mcp" },
      identity: { assertion: { audience: "https://tickets.example/mcp", claims: ["name"] } },
      scopes: [{ name: "tickets.read", description: "see your tickets" }],
    },
    {
      name: "clock",
      title: "Clock",
      backend: { url: "http://127.0.0.1:3003/mcp" },
      identity: "none",
      scopes: [{ name: "clock.read", description: "read the clock" }],
    },
  ],
});
