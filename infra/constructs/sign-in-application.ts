import { AppRoleAssignment } from "@cdktf/provider-azuread/lib/app-role-assignment/index.js";
import { ApplicationApiAccess } from "@cdktf/provider-azuread/lib/application-api-access/index.js";
import { ApplicationAppRoleA } from "@cdktf/provider-azuread/lib/application-app-role/index.js";
import { ApplicationIdentifierUri } from "@cdktf/provider-azuread/lib/application-identifier-uri/index.js";
import { ApplicationOptionalClaimsA } from "@cdktf/provider-azuread/lib/application-optional-claims/index.js";
import { ApplicationRedirectUris } from "@cdktf/provider-azuread/lib/application-redirect-uris/index.js";
import { ApplicationRegistration } from "@cdktf/provider-azuread/lib/application-registration/index.js";
import { ServicePrincipal } from "@cdktf/provider-azuread/lib/service-principal/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { GATEWAY_CALL_ROLE, type SignInDemands } from "../../config/identity.ts";
import { OPERATOR_ROLE, routes } from "../../functions/authorization-server/contract.ts";
import { inTurn } from "../terraform/order.ts";
import { uuidOf } from "../terraform/uuid.ts";
import {
  type Deployers,
  GRAPH_CLIENT_ID,
  GRAPH_SCOPE_IDS,
  logicalName,
  ownedBy,
} from "./entra-application.ts";
import type { Identity } from "./identity.ts";
import { trustIdentity } from "./identity.ts";
import type { Place } from "./place.ts";

export interface SignInApplicationOptions {
  readonly displayName: string;
  readonly place: Pick<Place, "tenantId" | "cloud">;
  /** Whether people of other tenants sign in, too. */
  readonly multiTenant: boolean;
  /** The gateway's origin, without a slash at the end. */
  readonly origin: string;
  /** Identity of the authorization server, which acts as this application. */
  readonly identity: Identity;
  /** Identity of the gateway, which asks tokens for this application. */
  readonly gateway: Identity;
  readonly assignmentRequired: boolean;
  /** What the MCP servers need that know nothing of Entra. */
  readonly demands: SignInDemands;
  readonly deployers: Deployers;
}

/** The Entra application that people sign in to, and whose audience the gateway's own tokens have. */
export class SignInApplication extends Construct {
  /** Resource ID of the registration ("/applications/<object ID>"). */
  readonly id: string;
  readonly clientId: string;
  readonly servicePrincipalObjectId: string;
  /** "api://<client ID>" */
  readonly audience: string;
  /** What it may ask of Microsoft Graph; the application has one list for all APIs. */
  readonly access: ITerraformDependable;
  /** The scopes of Microsoft Graph that it asks for. */
  readonly graphScopes: readonly (keyof typeof GRAPH_SCOPE_IDS)[];

  constructor(scope: Construct, options: SignInApplicationOptions) {
    super(scope, "sign_in");
    const { demands } = options;
    this.graphScopes = [
      "openid",
      "profile",
      "offline_access",
      ...(demands.email ? (["email"] as const) : []),
    ];
    const registration = new ApplicationRegistration(this, "application", {
      displayName: options.displayName,
      description: "People sign in here to use MCP servers behind the gateway",
      signInAudience: options.multiTenant ? "AzureADMultipleOrgs" : "AzureADMyOrg",
      requestedAccessTokenVersion: 2,
      implicitAccessTokenIssuanceEnabled: false,
      implicitIdTokenIssuanceEnabled: false,
      ...(demands.groups.length > 0 ? { groupMembershipClaims: ["ApplicationGroup"] } : {}),
    });
    const identifier = new ApplicationIdentifierUri(this, "identifier_uri", {
      applicationId: registration.id,
      identifierUri: `api://${registration.clientId}`,
    });
    // When the person signed in, which `max_age` is held to. An id token that comes with a token for another server has no other
    // reason to hold the address.
    new ApplicationOptionalClaimsA(this, "optional_claims", {
      applicationId: registration.id,
      idToken: [{ name: "auth_time" }, ...(demands.email ? [{ name: "email" }] : [])],
    });
    new ApplicationRedirectUris(this, "redirect_uris", {
      applicationId: registration.id,
      type: "Web",
      redirectUris: [`${options.origin}${routes.callback.path}`],
    });
    this.access = new ApplicationApiAccess(this, "graph_access", {
      applicationId: registration.id,
      apiClientId: GRAPH_CLIENT_ID,
      scopeIds: this.graphScopes.map((name) => GRAPH_SCOPE_IDS[name]),
    });
    trustIdentity(this, registration.id, options.identity, options.place);

    const callRole = new ApplicationAppRoleA(this, "call_role", {
      applicationId: registration.id,
      roleId: uuidOf(`app-role/${GATEWAY_CALL_ROLE}`),
      allowedMemberTypes: ["Application"],
      displayName: "Call the authorization server",
      description: "The gateway calls the authorization server in its own name",
      value: GATEWAY_CALL_ROLE,
    });
    const principal = new ServicePrincipal(this, "service_principal", {
      clientId: registration.clientId,
      appRoleAssignmentRequired: options.assignmentRequired,
      ...ownedBy(options.deployers),
      // Entra copies the roles into it, and refuses to assign one that it has not copied yet.
      dependsOn: [callRole],
    });
    // A role is added to those that the provider reads first, and Entra answers with what one replica knows: not right after the other.
    const operatorRole = new ApplicationAppRoleA(this, "operator_role", {
      applicationId: registration.id,
      roleId: uuidOf(`app-role/${OPERATOR_ROLE}`),
      allowedMemberTypes: ["User"],
      displayName: "Operate the gateway",
      description: "Sees and ends anyone's sessions on the gateway's account page",
      value: OPERATOR_ROLE,
      dependsOn: [principal],
    });
    inTurn(
      demands.roles.filter((value) => value !== OPERATOR_ROLE),
      (value, after: ApplicationAppRoleA[]) =>
        new ApplicationAppRoleA(this, `role_${logicalName(value)}`, {
          applicationId: registration.id,
          roleId: uuidOf(`app-role/${value}`),
          allowedMemberTypes: ["User"],
          displayName: value,
          description: "May use MCP servers through the gateway",
          value,
          dependsOn: [operatorRole, ...after],
        }),
    );
    // Where people need an assignment, the gateway's identity needs one too, or Entra gives it no token.
    if (options.assignmentRequired) {
      new AppRoleAssignment(this, "gateway_assignment", {
        appRoleId: callRole.roleId,
        principalObjectId: options.gateway.principalId,
        resourceObjectId: principal.objectId,
      });
    }
    this.id = registration.id;
    this.clientId = registration.clientId;
    this.servicePrincipalObjectId = principal.objectId;
    this.audience = identifier.identifierUri;
  }
}
