import { ApplicationApiAccess } from "@cdktf/provider-azuread/lib/application-api-access/index.js";
import { ApplicationAppRoleA } from "@cdktf/provider-azuread/lib/application-app-role/index.js";
import { ApplicationIdentifierUri } from "@cdktf/provider-azuread/lib/application-identifier-uri/index.js";
import { ApplicationKnownClients } from "@cdktf/provider-azuread/lib/application-known-clients/index.js";
import { ApplicationPermissionScope } from "@cdktf/provider-azuread/lib/application-permission-scope/index.js";
import { ApplicationPreAuthorized } from "@cdktf/provider-azuread/lib/application-pre-authorized/index.js";
import { ApplicationRegistration } from "@cdktf/provider-azuread/lib/application-registration/index.js";
import { ServicePrincipal } from "@cdktf/provider-azuread/lib/service-principal/index.js";
import { Construct } from "constructs";
import { graphPermissions } from "../../functions/graph-mcp/contract.ts";
import { inTurn, REMOVED_LAST } from "../terraform/order.ts";
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
import type { SignInApplication } from "./sign-in-application.ts";

export interface ServerApplicationOptions {
  /** The server's name among the services; its scopes and roles keep their IDs by it. */
  readonly service: string;
  readonly displayName: string;
  readonly place: Pick<Place, "tenantId" | "cloud">;
  /** Whether people of other tenants sign in, too. */
  readonly multiTenant: boolean;
  /** The server's own identity, with which it acts on a user's behalf. */
  readonly identity: Identity;
  /** Delegated scopes, by their short names. */
  readonly scopes: readonly string[];
  /** App roles for people. */
  readonly roles: readonly string[];
  /** App roles for applications that call for themselves. */
  readonly workloadRoles: readonly string[];
  /** Whether its tokens name the groups of a person that are assigned to it. */
  readonly groupsInTokens: boolean;
  /** Whether Entra issues tokens for it only to people who are assigned to it. */
  readonly assignmentRequired: boolean;
  readonly signIn: SignInApplication;
  readonly deployers: Deployers;
  /**
   * Whether the sign-in application needs no consent to this server. Set it only when an administrator
   * consents to everything. Entra asks for consent to this server's own calls in the same prompt, and
   * a pre-authorized application gets no prompt.
   */
  readonly preauthorizeSignIn: boolean;
  readonly preauthorizedClientIds: readonly string[];
}

/** The Entra application of an MCP server deployed with the gateway: an API of its own that calls Microsoft Graph. */
export class ServerApplication extends Construct {
  readonly clientId: string;
  readonly servicePrincipalObjectId: string;
  /** The scopes' values, as what depends on them refers to them. */
  readonly scopeValues: readonly string[];

  constructor(scope: Construct, id: string, options: ServerApplicationOptions) {
    super(scope, id);
    const { service, signIn } = options;
    const registration = new ApplicationRegistration(this, "application", {
      displayName: options.displayName,
      description: "An MCP server behind the gateway; it calls Microsoft Graph on the user's behalf",
      signInAudience: options.multiTenant ? "AzureADMultipleOrgs" : "AzureADMyOrg",
      requestedAccessTokenVersion: 2,
      implicitAccessTokenIssuanceEnabled: false,
      implicitIdTokenIssuanceEnabled: false,
      ...(options.groupsInTokens ? { groupMembershipClaims: ["ApplicationGroup"] } : {}),
    });
    new ApplicationIdentifierUri(this, "identifier_uri", {
      applicationId: registration.id,
      identifierUri: `api://${registration.clientId}`,
    });
    const scopes = inTurn(options.scopes, (value, after: ApplicationPermissionScope[]) =>
      this.scope(registration.id, service, value, after),
    );
    const roles = inTurn(
      [...new Set([...options.roles, ...options.workloadRoles])],
      (value, after: ApplicationAppRoleA[]) =>
        new ApplicationAppRoleA(this, `role_${logicalName(value)}`, {
          applicationId: registration.id,
          roleId: uuidOf(`${service}/role/${value}`),
          allowedMemberTypes: [
            ...(options.roles.includes(value) ? ["User"] : []),
            ...(options.workloadRoles.includes(value) ? ["Application"] : []),
          ],
          displayName: value,
          description: "May use the MCP server through the gateway",
          value,
          dependsOn: after,
        }),
    );
    const scopeIds = scopes.map((each) => each.scopeId);
    new ApplicationApiAccess(this, "graph_access", {
      applicationId: registration.id,
      apiClientId: GRAPH_CLIENT_ID,
      scopeIds: graphPermissions.map((permission) => GRAPH_SCOPE_IDS[permission]),
    });
    new ApplicationApiAccess(this, "sign_in_access", {
      applicationId: signIn.id,
      apiClientId: registration.clientId,
      scopeIds,
      dependsOn: [signIn.access],
    });
    // A person who consents to the sign-in application consents to this one's permissions with it.
    new ApplicationKnownClients(this, "known_clients", {
      applicationId: registration.id,
      knownClientIds: [signIn.clientId],
    });
    const preauthorized = [
      ...(options.preauthorizeSignIn ? [{ name: "sign_in", clientId: signIn.clientId }] : []),
      ...options.preauthorizedClientIds.map((clientId) => ({ name: clientId, clientId })),
    ];
    inTurn(
      preauthorized,
      ({ name, clientId }, after: ApplicationPreAuthorized[]) =>
        new ApplicationPreAuthorized(this, `preauthorized_${name}`, {
          applicationId: registration.id,
          authorizedClientId: clientId,
          permissionIds: scopeIds,
          dependsOn: after,
        }),
    );
    trustIdentity(this, registration.id, options.identity, options.place);
    const principal = new ServicePrincipal(this, "service_principal", {
      clientId: registration.clientId,
      appRoleAssignmentRequired: options.assignmentRequired,
      ...ownedBy(options.deployers),
      // Entra copies both into it, for consent and for assignments.
      dependsOn: [...scopes, ...roles],
    });

    this.clientId = registration.clientId;
    this.servicePrincipalObjectId = principal.objectId;
    this.scopeValues = scopes.map((each) => each.value);
  }

  private scope(applicationId: string, service: string, value: string, after: ApplicationPermissionScope[]) {
    return new ApplicationPermissionScope(this, `scope_${logicalName(value)}`, {
      applicationId,
      scopeId: uuidOf(`${service}/scope/${value}`),
      type: "User",
      value,
      adminConsentDisplayName: "Use the MCP server",
      adminConsentDescription: "Lets the gateway use the MCP server in the name of the person signed in.",
      userConsentDisplayName: "Use the MCP server in your name",
      userConsentDescription: "Lets the gateway use the MCP server in your name.",
      lifecycle: REMOVED_LAST,
      dependsOn: after,
    });
  }
}
