import type { Program } from "./program.ts";

export const claudeCode: Program = {
  name: "Claude Code",
  package: "@anthropic-ai/claude-code",
  out: "`claude mcp logout <server>`",
  again: "`claude mcp login <server>`",
  files: ({ mcpUrl }) => ({
    ".mcp.json": JSON.stringify({ mcpServers: { graph: { type: "http", url: mcpUrl } } }),
    ".claude/settings.json": JSON.stringify({ enableAllProjectMcpServers: true }),
  }),
  environment: ({ modelUrl }) => ({
    ANTHROPIC_API_KEY: "none",
    ANTHROPIC_BASE_URL: modelUrl,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    ENABLE_TOOL_SEARCH: "false",
  }),
  /** Opens no browser outside of a terminal. */
  signIn: ({ terminal }) => terminal("claude", "mcp", "login", "graph").ended(),
  signOut: ({ run }) => run("claude", "mcp", "logout", "graph"),
  prompt: ({ run }) => run("claude", "-p", "Who am I?", "--allowedTools", "mcp__graph"),
};
