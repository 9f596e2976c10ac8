import type { Program } from "./program.ts";

export const copilot: Program = {
  name: "Copilot CLI",
  package: "@github/copilot",
  files: ({ mcpUrl }) => ({
    ".copilot/mcp-config.json": JSON.stringify({
      mcpServers: { graph: { type: "http", url: mcpUrl, tools: ["*"] } },
    }),
  }),
  environment: ({ modelUrl }) => ({
    COPILOT_OFFLINE: "true",
    COPILOT_PROVIDER_BASE_URL: `${modelUrl}/v1`,
    COPILOT_PROVIDER_API_KEY: "none",
    COPILOT_MODEL: "stand-in",
  }),
  /** It opens the browser as it starts. */
  async signIn(surroundings) {
    const screen = surroundings.terminal("copilot", ["--allow-all-tools"]);
    try {
      await screen.waitFor(/graph[^\n]*(?:connected|authenticated)/i);
    } finally {
      await screen.close();
    }
  },
  prompt: ({ run }) => run("copilot", ["-p", "Who am I?", "--allow-all-tools"]),
};
