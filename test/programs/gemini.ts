import type { Program } from "./program.ts";

export const gemini: Program = {
  name: "Gemini CLI",
  package: "@google/gemini-cli",
  out: "the account page",
  again: "`/mcp auth <server>`",
  files: ({ mcpUrl }) => ({
    ".gemini/settings.json": JSON.stringify({
      general: { disableAutoUpdate: true },
      mcpServers: { graph: { httpUrl: mcpUrl } },
      privacy: { usageStatisticsEnabled: false },
      security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
      telemetry: { enabled: false },
    }),
  }),
  environment: ({ modelUrl }) => ({ GEMINI_API_KEY: "none", GOOGLE_GEMINI_BASE_URL: modelUrl }),
  async signIn({ terminal, connected }) {
    const screen = terminal("gemini");
    try {
      await screen.waitFor(/Type your message/);
      await screen.enter("/mcp auth graph");
      await screen.waitFor(/Do you want to continue/);
      await screen.enter("");
      await connected();
    } finally {
      await screen.close();
    }
  },
  prompt: ({ run }) => run("gemini", "-y", "-p", "Who am I?"),
};
