/** API Management takes no longer named value. */
export const NAMED_VALUE_LIMIT = 4096;

/** An MCP server, as far as this looks at it. */
interface WithScopes {
  readonly path: string;
  readonly scopes: readonly { readonly name: string; readonly required: boolean }[];
}

/**
 * Writes the required or the optional scopes of all MCP servers as one named value: "<path>=<scope> <scope>;<path>=<scope>". Every
 * server is in it, also one that has none. Neither paths nor scopes hold `;`, `=` or a blank, so a policy splits it without any quoting.
 */
export function scopesByPath(servers: readonly WithScopes[], kind: "required" | "optional"): string {
  return servers
    .map(({ path, scopes }) => {
      const names = scopes
        .filter(({ required }) => required === (kind === "required"))
        .map(({ name }) => name);
      return `${path}=${names.join(" ")}`;
    })
    .join(";");
}
