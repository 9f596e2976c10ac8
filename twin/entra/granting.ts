import { aadsts } from "./aadsts.ts";
import { type DemoUser, type EntraApplicationRegistration, isAssigned } from "./directory.ts";
import { type RequestedScopes, readScopes } from "./scopes.ts";
import type { Tenant } from "./tenant.ts";

/** A Conditional Access policy that asks for a second factor. */
export const MULTIFACTOR_POLICY = "9ab03e19-ed42-4168-b6b7-7001fb3e933a";

/** Its claims challenge. */
const MULTIFACTOR_CLAIMS = JSON.stringify({
  access_token: { capolids: { essential: true, values: [MULTIFACTOR_POLICY] } },
});

/**
 * What every grant checks about the user last.
 *
 * @throws EntraError 50076, 50105, or what {@link readScopes} throws
 */
export function scopesForUser(
  scope: string,
  oid: string,
  client: EntraApplicationRegistration,
  tenant: Tenant,
): { readonly user: DemoUser; readonly requested: RequestedScopes } {
  const user = tenant.directory.user(oid);
  if (!user) throw aadsts.grantRevoked();
  const requested = readScopes(scope, client, tenant.directory, tenant.tenantId);
  const { resource } = requested;
  if (tenant.standing.owesMultifactor(user.oid)) {
    throw aadsts.multifactorRequired(resource.clientId, MULTIFACTOR_CLAIMS);
  }
  if (!isAssigned(user, resource)) throw aadsts.userNotAssigned(resource.clientId, resource.displayName);
  return { user, requested };
}
