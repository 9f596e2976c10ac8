import type { Program } from "./program.ts";

export const gemini: Program = {
  name: "Gemini CLI",
  package: "@google/gemini-cli",
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
  async signIn({ terminal }) {
    const screen = terminal("gemini", []);
    try {
      await screen.waitFor(/Type your message/);
      await screen.enter("/mcp auth graph");
      await screen.waitFor(/reloaded tools for 'graph'/);
    } finally {
      await screen.close();
    }
  },
  prompt: ({ run }) => run("gemini", ["-y", "-p", "Who am I?"]),
};
