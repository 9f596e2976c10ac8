import { GUID } from "../../../config/rules/entra-id.ts";
import { OAuthError } from "../errors.ts";
import { OPERATOR_ROLE } from "./operator-role.ts";
import type { SignedIn } from "./signed-in.ts";

/** A person by object ID; one of another tenant has that tenant's ID before it. */
const NAMED = new RegExp(`^(?:(${GUID})/)?(${GUID})$`);

/** Whose sessions a page is about. */
export interface Whose {
  readonly tenantId: string;
  readonly objectId: string;
  readonly isOwn: boolean;
  /** How the page's links and forms name this person again; undefined for one's own. */
  readonly named: string | undefined;
}

/**
 * Decides whose sessions a person may see and end: their own, and an operator those of anyone in the operator's own tenant. The
 * home tenant's operators see people of every tenant; another tenant's administrator, who says who has the role there, must not.
 *
 * @param tenants those whose people may sign in, the home tenant first
 * @param name object ID of another, after a tenant's ID and a slash where that is another, as the query or a form has it
 * @throws OAuthError `access_denied` (403) to whom is no operator there, `invalid_request` when it names nobody
 */
export function whose(signedIn: SignedIn, tenants: readonly string[], name: string | undefined): Whose {
  const { tenantId: ownTenant, objectId: own } = signedIn;
  const named = name === undefined ? own : name.trim().toLowerCase();
  if (named === own) return { tenantId: ownTenant, objectId: own, isOwn: true, named: undefined };
  if (!signedIn.isOperator) throw roleMissing(signedIn, "operator_role_missing");
  const [, tenantId = ownTenant, objectId] = NAMED.exec(named) ?? [];
  if (objectId === undefined) {
    throw new OAuthError("invalid_request", "user is no object ID.", {
      reason: "no_object_id",
      explanation: "noObjectId",
    });
  }
  const isHome = ownTenant === tenants[0] && tenants.includes(tenantId);
  if (tenantId !== ownTenant && !isHome) throw roleMissing(signedIn, "operator_of_another_tenant");
  if (tenantId === ownTenant && objectId === own)
    return { tenantId, objectId, isOwn: true, named: undefined };
  return {
    tenantId,
    objectId,
    isOwn: false,
    named: tenantId === ownTenant ? objectId : `${tenantId}/${objectId}`,
  };
}

/** The log says who tried. */
function roleMissing({ tenantId, objectId }: SignedIn, reason: string): OAuthError {
  return new OAuthError(
    "access_denied",
    `The app role ${OPERATOR_ROLE} of this gateway's own application is needed.`,
    {
      reason,
      status: 403,
      explanation: "operatorRoleMissing",
      subject: { user: objectId, tenant: tenantId },
    },
  );
}
