import type { ServerConfig } from "./schema.ts";

/** API Management takes no longer named value. */
export const NAMED_VALUE_LIMIT = 4096;

/**
 * Writes the required scopes of all MCP servers as one named value: "<path>=<scope> <scope>;<path>=<scope>". Neither paths nor
 * scopes hold `;`, `=` or a blank, so a policy splits it without any quoting.
 */
export function requiredScopes(
  servers: readonly { readonly path: string; readonly scopes: ServerConfig["scopes"] }[],
): string {
  return servers
    .map(({ path, scopes }) => {
      const required = scopes.filter((scope) => scope.required).map((scope) => scope.name);
      return `${path}=${required.join(" ")}`;
    })
    .join(";");
}
