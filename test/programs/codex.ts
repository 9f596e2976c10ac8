import type { Program } from "./program.ts";

export const codex: Program = {
  name: "Codex CLI",
  package: "@openai/codex",
  files: ({ mcpUrl, modelUrl }) => ({
    ".codex/config.toml": `model = "stand-in"
model_provider = "stand-in"
mcp_oauth_credentials_store = "file"

[model_providers.stand-in]
name = "stand-in"
base_url = "${modelUrl}/v1"
wire_api = "responses"

[mcp_servers.graph]
url = "${mcpUrl}"
`,
  }),
  environment: () => ({}),
  async signIn({ run }) {
    await run("codex", ["mcp", "login", "graph"]);
  },
  prompt: ({ run }) =>
    run("codex", [
      "exec",
      "--skip-git-repo-check",
      "--dangerously-bypass-approvals-and-sandbox",
      "Who am I?",
    ]),
};
