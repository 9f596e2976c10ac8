import { ApplicationFederatedIdentityCredential } from "@cdktf/provider-azuread/lib/application-federated-identity-credential/index.js";
import type { Construct } from "constructs";
import type { Identity, Place } from "./place.ts";

/**
 * Lets an application prove itself with a managed identity's token instead of a secret.
 *
 * @param applicationId resource ID of the registration ("/applications/<object ID>")
 */
export function trustIdentity(
  scope: Construct,
  applicationId: string,
  identity: Identity,
  { tenantId, cloud }: Pick<Place, "tenantId" | "cloud">,
): void {
  new ApplicationFederatedIdentityCredential(scope, "federated_credential", {
    applicationId,
    displayName: "managed-identity",
    description: "The app's managed identity, in place of a secret",
    audiences: [cloud.tokenExchangeAudience],
    issuer: `${cloud.authorityHost}/${tenantId}/v2.0`,
    subject: identity.principalId,
  });
}
