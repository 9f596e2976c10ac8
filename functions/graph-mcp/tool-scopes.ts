/** Tools that need a scope which the gateway grants, besides the scope that the Entra token has to hold. */
const TOOL_SCOPES: Readonly<Record<string, string>> = { describe_access: "mcp.diagnostics" };

/**
 * Whether the gateway can grant what a tool needs. A tool that nobody can be let use is not offered.
 *
 * @param gatewayScopes every scope that the gateway may grant for this server
 */
export function isOffered(tool: string, gatewayScopes: readonly string[]): boolean {
  const scope = scopeOf(tool);
  return scope === undefined || gatewayScopes.includes(scope);
}

/**
 * Finds the scopes that a message lacks: a JSON-RPC request, or a batch of requests (MCP 2025-03-26), which is refused as a whole.
 *
 * @param message the parsed body; anything that is not a tool call needs no scope
 * @param granted the scopes that the gateway granted
 */
export function missingScopes(message: unknown, granted: readonly string[]): string[] {
  const needed = [message].flat().flatMap((each) => scopeOf(calledTool(each)) ?? []);
  return [...new Set(needed)].filter((scope) => !granted.includes(scope));
}

function scopeOf(tool: string | undefined): string | undefined {
  return tool !== undefined && Object.hasOwn(TOOL_SCOPES, tool) ? TOOL_SCOPES[tool] : undefined;
}

function calledTool(message: unknown): string | undefined {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } | null };
  const name = method === "tools/call" ? params?.name : undefined;
  return typeof name === "string" ? name : undefined;
}
