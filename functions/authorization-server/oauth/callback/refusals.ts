import type { ResolvedServer } from "../../../../config/resolve.ts";
import type { AccessRefusal } from "../../sessions/may-use.ts";
import type { EntraUser } from "../../upstream/entra.ts";

/** Somebody whom Entra signed in, and who is not let in all the same. */
export interface Refusal {
  /** What the person reads. */
  readonly title: string;
  readonly text: string;
  /** What the client's developer reads. */
  readonly description: string;
  /** What the log says. */
  readonly reason: string;
  /** Object ID. */
  readonly user?: string;
  /** Tenant ID. */
  readonly tenant?: string;
}

/** Entra signed in somebody of a tenant that is not on the list. */
export function foreignTenant(gatewayName: string, tenant: string): Refusal {
  return {
    title: `Your organization has no access to ${gatewayName}`,
    text: "You signed in with an account of an organization that this gateway does not let in. Connect again and pick another account, or ask whoever runs the gateway to add your organization.",
    description: "The person is of an organization that may not use this gateway.",
    reason: "tenant_not_allowed",
    tenant,
  };
}

/** The person has none of the roles and groups that the MCP server asks for, or nobody can tell. */
export function noAccess(
  { title, roles, groups, accessTitles }: ResolvedServer,
  why: AccessRefusal,
  { objectId, tenantId }: EntraUser,
): Refusal {
  const named = (values: readonly string[]) =>
    values.map((value) => `“${accessTitles[value] ?? value}”`).join(" or ");
  const wanted = [
    ...(roles.length > 0 ? [`assign you ${named(roles)}`] : []),
    ...(groups.length > 0 ? [`add you to ${named(groups)}`] : []),
  ].join(", or to ");
  const who = { user: objectId, tenant: tenantId };
  const description = "The person may not use this server.";
  if (why === "unknown") {
    return {
      title: `Your access to ${title} cannot be checked`,
      text: `You are signed in, but you are in so many groups that Microsoft Entra ID does not list them to this gateway. Ask your administrator to let the server’s application ask only for groups that are assigned to it, or to use app roles, in Microsoft Entra ID; then connect again.`,
      description,
      reason: "groups_overage",
      ...who,
    };
  }
  const lacking = [...(roles.length > 0 ? ["roles"] : []), ...(groups.length > 0 ? ["groups"] : [])];
  return {
    title: `You have no access to ${title}`,
    text: `You are signed in, but your account has none of the ${lacking.join(" or ")} that this server asks for. Ask your administrator to ${wanted} in Microsoft Entra ID, then connect again.`,
    description,
    reason: "role_missing",
    ...who,
  };
}
