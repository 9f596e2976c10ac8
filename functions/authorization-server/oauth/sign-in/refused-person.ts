import type { ResolvedServer } from "../../../../config/resolve.ts";
import { anyOf } from "../../pages/languages/list.ts";
import type { Presentation } from "../../pages/presentation.ts";
import type { AccessRefusal } from "../../sessions/may-use.ts";
import type { EntraUser } from "../../upstream/upstream.ts";
import { REFUSAL_DESCRIPTIONS } from "./refusal-descriptions.ts";

/** Entra signed this person in, but the gateway does not let them in. */
export interface Refusal {
  /** What the person reads. */
  readonly page: (presentation: Presentation) => { readonly title: string; readonly text: string };
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
export function foreignTenant(tenant: string): Refusal {
  return {
    page: ({ language: { foreignTenant }, gatewayName }) => ({
      title: foreignTenant.title(gatewayName),
      text: foreignTenant.text,
    }),
    description: REFUSAL_DESCRIPTIONS["tenant-not-allowed"],
    reason: "tenant_not_allowed",
    tenant,
  };
}

/** The person has none of the roles and groups that the MCP server asks for, or nobody can tell. */
export function noAccess(
  server: ResolvedServer,
  why: AccessRefusal,
  { objectId, tenantId }: EntraUser,
): Refusal {
  return {
    page: (presentation) => {
      const { noAccess } = presentation.language;
      const title = presentation.text(server.title);
      return why === "unknown"
        ? { title: noAccess.unknownTitle(title), text: noAccess.unknownText }
        : { title: noAccess.title(title), text: whatToAskFor(server, presentation) };
    },
    description: REFUSAL_DESCRIPTIONS["no-access"],
    reason: why === "unknown" ? "groups_overage" : "role_missing",
    user: objectId,
    tenant: tenantId,
  };
}

function whatToAskFor(
  { roles, groups, accessTitles }: ResolvedServer,
  { language, text }: Presentation,
): string {
  const named = (values: readonly string[]) =>
    anyOf(
      language,
      values.map((value) => language.quoted(text(accessTitles[value] ?? value))),
    );
  const { noAccess } = language;
  if (groups.length === 0) return noAccess.text(named(roles));
  if (roles.length === 0) return noAccess.textOfGroups(named(groups));
  return noAccess.textOfEither(named(roles), named(groups));
}
