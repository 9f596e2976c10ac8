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
import { OPERATOR_ROLE, routes } from "../../functions/authorization-server/contract.ts";
import { uuidOf } from "../terraform/uuid.ts";
import { type Deployers, GRAPH_CLIENT_ID, GRAPH_SCOPE_IDS, ownedBy } from "./entra-application.ts";
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

  constructor(scope: Construct, options: SignInApplicationOptions) {
    super(scope, "sign_in");
    const registration = new ApplicationRegistration(this, "application", {
      displayName: options.displayName,
      description: "People sign in here to use MCP servers behind the gateway",
      signInAudience: options.multiTenant ? "AzureADMultipleOrgs" : "AzureADMyOrg",
      requestedAccessTokenVersion: 2,
      implicitAccessTokenIssuanceEnabled: false,
      implicitIdTokenIssuanceEnabled: false,
    });
    const identifier = new ApplicationIdentifierUri(this, "identifier_uri", {
      applicationId: registration.id,
      identifierUri: `api://${registration.clientId}`,
    });
    // When the person signed in, which `max_age` is held to.
    new ApplicationOptionalClaimsA(this, "optional_claims", {
      applicationId: registration.id,
      idToken: [{ name: "auth_time" }],
    });
    new ApplicationRedirectUris(this, "redirect_uris", {
      applicationId: registration.id,
      type: "Web",
      redirectUris: [`${options.origin}${routes.callback.path}`],
    });
    this.access = new ApplicationApiAccess(this, "graph_access", {
      applicationId: registration.id,
      apiClientId: GRAPH_CLIENT_ID,
      scopeIds: [GRAPH_SCOPE_IDS.openid, GRAPH_SCOPE_IDS.profile, GRAPH_SCOPE_IDS.offline_access],
    });
    trustIdentity(this, registration.id, options.identity, options.place);

    const callRole = new ApplicationAppRoleA(this, "call_role", {
      applicationId: registration.id,
      roleId: uuidOf("app-role/Gateway.Call"),
      allowedMemberTypes: ["Application"],
      displayName: "Call the authorization server",
      description: "The gateway calls the authorization server in its own name",
      value: "Gateway.Call",
    });
    const principal = new ServicePrincipal(this, "service_principal", {
      clientId: registration.clientId,
      appRoleAssignmentRequired: options.assignmentRequired,
      ...ownedBy(options.deployers),
      // Entra copies the roles into it, and refuses to assign one that it has not copied yet.
      dependsOn: [callRole],
    });
    // A role is added to those that the provider reads first, and Entra answers with what one replica knows: not right after the other.
    new ApplicationAppRoleA(this, "operator_role", {
      applicationId: registration.id,
      roleId: uuidOf(`app-role/${OPERATOR_ROLE}`),
      allowedMemberTypes: ["User"],
      displayName: "Operate the gateway",
      description: "Sees and ends anyone's sessions on the gateway's account page",
      value: OPERATOR_ROLE,
      dependsOn: [principal],
    });
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
