import { z } from "zod";
import { aadsts } from "./aadsts.ts";
import { required } from "./form.ts";
import type { Grant } from "./grant.ts";
import { scopesForUser } from "./granting.ts";
import { REFRESH_PURPOSE } from "./tokens.ts";

const refreshGrant = z.object({
  clientId: z.string(),
  oid: z.string(),
  tenantId: z.string(),
  generation: z.number(),
  scope: z.string(),
});

/**
 * `grant_type=refresh_token`: a refresh token serves every resource that the client may ask for, and stays good
 * after its use, as Entra's do for confidential clients.
 */
export const refresh: Grant = async (form, client, tenant) => {
  const sealed = required(form, "refresh_token");
  const opened = await tenant.seal.open(REFRESH_PURPOSE, sealed.replace(/^1\./, ""));
  if (opened === "expired") throw aadsts.refreshTokenInactive();
  if (opened === undefined) throw aadsts.malformedGrant();
  const grant = refreshGrant.parse(opened);
  if (grant.clientId !== client.clientId) throw aadsts.grantOfAnother();
  if (grant.generation < tenant.standing.generation(grant.oid)) throw aadsts.grantRevoked();

  const theirs = tenant.members().find(({ tenantId }) => tenantId === grant.tenantId);
  if (!theirs) throw aadsts.userNotInTenant(tenant.tenantId);
  const scope = form.get("scope") ?? grant.scope;
  return { tenant: theirs, ...scopesForUser(scope, grant.oid, client, theirs), scope };
};
