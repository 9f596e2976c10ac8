import type { ResolvedServer } from "../../../config/resolve.ts";

/**
 * Whether a person may use an MCP server: with any of the roles that it asks for, or always when it asks for none.
 *
 * @param roles the person's app roles at the server's own application
 */
export function mayUse(roles: readonly string[], server: Pick<ResolvedServer, "roles">): boolean {
  return server.roles.length === 0 || server.roles.some((role) => roles.includes(role));
}
