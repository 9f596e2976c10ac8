import type { Program } from "./program.ts";

export const opencode: Program = {
  name: "opencode",
  package: "opencode-ai",
  out: "`opencode mcp logout <server>`",
  again: "`opencode mcp auth <server>`",
  files: ({ mcpUrl, modelUrl }) => ({
    "opencode.json": JSON.stringify({
      $schema: "https://opencode.ai/config.json",
      autoupdate: false,
      share: "disabled",
      model: "stand-in/stand-in",
      small_model: "stand-in/stand-in",
      provider: {
        "stand-in": {
          npm: "@ai-sdk/openai-compatible",
          name: "stand-in",
          options: { baseURL: `${modelUrl}/v1`, apiKey: "none" },
          models: { "stand-in": { name: "stand-in", tool_call: true } },
        },
      },
      mcp: { graph: { type: "remote", url: mcpUrl, enabled: true } },
    }),
  }),
  environment: () => ({}),
  signIn: ({ run }) => run("opencode", "mcp", "auth", "graph"),
  signOut: ({ run }) => run("opencode", "mcp", "logout", "graph"),
  prompt: ({ run }) => run("opencode", "run", "Who am I?"),
};
