/** API Management takes no longer named value. */
export const NAMED_VALUE_LIMIT = 4096;

/** An MCP server, as far as this looks at it. */
interface WithScopes {
  readonly path: string;
  readonly scopes: readonly { readonly name: string; readonly required: boolean }[];
}

/**
 * Writes the required scopes of all MCP servers as one named value: "<path>=<scope> <scope>;<path>=<scope>". Neither paths nor
 * scopes hold `;`, `=` or a blank, so a policy splits it without any quoting.
 */
export function requiredScopes(servers: readonly WithScopes[]): string {
  return servers
    .map(({ path, scopes }) => {
      const required = scopes.filter((scope) => scope.required).map((scope) => scope.name);
      return `${path}=${required.join(" ")}`;
    })
    .join(";");
}
