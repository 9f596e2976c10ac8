import { ApplicationFederatedIdentityCredential } from "@cdktf/provider-azuread/lib/application-federated-identity-credential/index.js";
import { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import type { Construct } from "constructs";
import type { Place } from "./place.ts";

/** A user-assigned identity, made by the stack or there already. */
export interface Identity {
  readonly id: string;
  readonly clientId: string;
  /** Object ID; the subject of its tokens. */
  readonly principalId: string;
}

/** @returns a new identity, under which an app or the gateway reaches everything else */
export function userAssignedIdentity(scope: Construct, id: string, place: Place, kind: string): Identity {
  const { resourceGroupName, location, tags } = place;
  return new UserAssignedIdentity(scope, id, { name: place.name(kind), resourceGroupName, location, tags });
}

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
