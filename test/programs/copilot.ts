import type { Program } from "./program.ts";

export const copilot: Program = {
  name: "Copilot CLI",
  package: "@github/copilot",
  out: "`copilot mcp remove <server>`",
  again: "a start, or `/mcp auth <server>`",
  files: ({ mcpUrl }) => ({
    ".copilot/mcp-config.json": JSON.stringify({
      mcpServers: { graph: { type: "http", url: mcpUrl, tools: ["*"] } },
    }),
  }),
  environment: ({ modelUrl }) => ({
    COPILOT_ALLOW_ALL: "true",
    COPILOT_OFFLINE: "true",
    COPILOT_PROVIDER_BASE_URL: `${modelUrl}/v1`,
    COPILOT_PROVIDER_API_KEY: "none",
    COPILOT_MODEL: "stand-in",
  }),
  /** Opens the browser when it starts. */
  async signIn({ terminal, connected }) {
    const screen = terminal("copilot");
    await connected().finally(() => screen.close());
  },
  /** Adds the server again, because the next call needs it. */
  async signOut({ run, mcpUrl }) {
    await run("copilot", "mcp", "remove", "graph");
    await run("copilot", "mcp", "add", "--transport", "http", "graph", mcpUrl);
  },
  /** In a terminal: with `-p` it never opens the browser. */
  async prompt({ terminal, connected, modelAnswered }) {
    const screen = terminal("copilot", "-i", "Who am I?");
    await connected()
      .then(modelAnswered)
      .finally(() => screen.close());
    return screen.text;
  },
};
