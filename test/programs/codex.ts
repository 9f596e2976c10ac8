import type { Program } from "./program.ts";

export const codex: Program = {
  name: "Codex CLI",
  package: "@openai/codex",
  out: "`codex mcp logout <server>`",
  again: "`codex mcp login <server>`",
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
  signIn: ({ run }) => run("codex", "mcp", "login", "graph"),
  signOut: ({ run }) => run("codex", "mcp", "logout", "graph"),
  prompt: ({ run }) =>
    run("codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "Who am I?"),
};
