import type { ResolvedServer } from "../../../config/resolve.ts";
import type { Membership } from "../upstream/membership.ts";

/**
 * Why a person may not use an MCP server: `none` of its roles and groups is theirs, or `unknown`, because Entra left the list of
 * groups out of the token and none of the roles is.
 */
export type AccessRefusal = "none" | "unknown";

/**
 * Decides whether a person may use an MCP server: with any of the roles or groups that it asks for, or always when it asks for
 * none.
 *
 * @param membership the person's roles and groups at the server's own application; nothing, when there is no token for it
 * @returns undefined when they may
 */
export function accessRefusal(
  membership: Membership | undefined,
  { roles, groups }: Pick<ResolvedServer, "roles" | "groups">,
): AccessRefusal | undefined {
  if (roles.length === 0 && groups.length === 0) return undefined;
  if (!membership) return "none";
  if (roles.some((role) => membership.roles.includes(role))) return undefined;
  const theirs = membership.groups ?? [];
  if (theirs === "overage") return groups.length > 0 ? "unknown" : "none";
  return groups.some((group) => theirs.includes(group)) ? undefined : "none";
}

/** Whether a person may use an MCP server; see {@link accessRefusal}. */
export function mayUse(membership: Membership, server: Pick<ResolvedServer, "roles" | "groups">): boolean {
  return accessRefusal(membership, server) === undefined;
}
