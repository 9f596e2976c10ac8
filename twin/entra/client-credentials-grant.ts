import { aadsts } from "./aadsts.ts";
import type { EntraApplicationRegistration } from "./directory.ts";
import { type Form, required } from "./form.ts";
import { ORGANIZATIONS, type Tenant } from "./tenant.ts";
import { applicationTokenAnswer } from "./tokens.ts";

const DEFAULT_SCOPE = "/.default";

/**
 * `grant_type=client_credentials`: an application gets a token of its own, with the app roles that are assigned to it. Without
 * any, it gets a token without `roles`, unless the resource serves assigned applications only.
 *
 * @returns the body of the answer
 */
export async function clientCredentials(
  form: Form,
  client: EntraApplicationRegistration,
  tenant: Tenant,
): Promise<Record<string, unknown>> {
  if (client.publicClient) throw aadsts.missingClientCredential();
  if (tenant.tenantId === ORGANIZATIONS) throw aadsts.noTenant();
  const scope = required(form, "scope");
  if (!scope.endsWith(DEFAULT_SCOPE) || scope.includes(" ")) throw aadsts.notDefaultScope(scope);
  const identifier = scope.slice(0, -DEFAULT_SCOPE.length);
  const resource = tenant.directory.resource(identifier);
  if (!resource) throw aadsts.unknownResource(identifier, tenant.tenantId);
  const roles = client.assignedRoles?.[resource.clientId] ?? [];
  if (resource.assignmentRequired && roles.length === 0) {
    throw aadsts.applicationNotAssigned(
      client.clientId,
      client.displayName,
      resource.clientId,
      resource.displayName,
    );
  }
  const answer = await applicationTokenAnswer(tenant, client, resource, roles);
  tenant.log({
    component: "entra",
    level: "info",
    message: JSON.stringify({
      event: "token_issued",
      grant: "client_credentials",
      client: client.clientId,
      resource: resource.clientId,
    }),
  });
  return answer;
}
