import type { Program } from "./program.ts";

export const qwen: Program = {
  name: "Qwen Code",
  package: "@qwen-code/qwen-code",
  files: ({ mcpUrl }) => ({
    ".qwen/settings.json": JSON.stringify({
      general: { disableAutoUpdate: true },
      mcpServers: { graph: { httpUrl: mcpUrl } },
      privacy: { usageStatisticsEnabled: false },
      security: { auth: { selectedType: "openai" }, folderTrust: { enabled: false } },
    }),
  }),
  environment: ({ modelUrl }) => ({
    OPENAI_API_KEY: "none",
    OPENAI_BASE_URL: `${modelUrl}/v1`,
    OPENAI_MODEL: "stand-in",
  }),
  async signIn({ terminal }) {
    const screen = terminal("qwen", []);
    try {
      await screen.waitFor(/Type your message/);
      await screen.enter("/mcp");
      await screen.waitFor(/graph/);
      await screen.enter("");
      await screen.waitFor(/Auth/);
      await screen.enter("");
      await screen.waitFor(/[Aa]uthenticated/);
    } finally {
      await screen.close();
    }
  },
  prompt: ({ run }) => run("qwen", ["-y", "-p", "Who am I?"]),
};
