import type { Program } from "./program.ts";

export const qwen: Program = {
  name: "Qwen Code",
  package: "@qwen-code/qwen-code",
  out: "`/mcp`, the server, Clear Authentication",
  again: "a start, or `/mcp`, the server, Re-authenticate",
  files: ({ mcpUrl }) => ({
    ".qwen/settings.json": JSON.stringify({
      general: { disableAutoUpdate: true },
      mcpServers: { graph: { httpUrl: mcpUrl } },
      privacy: { usageStatisticsEnabled: false },
      security: { auth: { selectedType: "openai" }, folderTrust: { enabled: false } },
      tools: { toolSearch: { enabled: false } },
    }),
  }),
  environment: ({ modelUrl }) => ({
    OPENAI_API_KEY: "none",
    OPENAI_BASE_URL: `${modelUrl}/v1`,
    OPENAI_MODEL: "stand-in",
  }),
  /** Opens the browser when it starts in a terminal. */
  async signIn({ terminal, connected }) {
    const screen = terminal("qwen");
    await connected().finally(() => screen.close());
  },
  /** The dialog offers all its actions, and Clear Authentication last, only after Qwen Code has connected. */
  async signOut({ terminal, connected }) {
    const screen = terminal("qwen");
    try {
      await screen.waitFor(/Type your message/);
      await connected();
      await screen.enter("/mcp");
      await screen.enter("");
      await screen.waitFor(/Clear Authentication/);
      await screen.press("down", "down", "down", "enter");
      await screen.waitFor(/Authenticate/);
    } finally {
      await screen.close();
    }
  },
  prompt: ({ run }) => run("qwen", "-y", "-p", "Who am I?"),
};
