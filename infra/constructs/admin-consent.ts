import { DataAzureadServicePrincipal } from "@cdktf/provider-azuread/lib/data-azuread-service-principal/index.js";
import { ServicePrincipalDelegatedPermissionGrant } from "@cdktf/provider-azuread/lib/service-principal-delegated-permission-grant/index.js";
import { Construct } from "constructs";
import { graphPermissions } from "../../functions/graph-mcp/contract.ts";
import { GRAPH_CLIENT_ID } from "./entra-application.ts";
import type { ServerApplication } from "./server-application.ts";
import type { SignInApplication } from "./sign-in-application.ts";

/** Grants the applications' delegated permissions to everyone in the tenant, so that nobody is asked. */
export class AdminConsent extends Construct {
  constructor(scope: Construct, signIn: SignInApplication, server: ServerApplication | undefined) {
    super(scope, "admin_consent");
    const graph = new DataAzureadServicePrincipal(this, "microsoft_graph", { clientId: GRAPH_CLIENT_ID })
      .objectId;
    new ServicePrincipalDelegatedPermissionGrant(this, "sign_in_graph", {
      servicePrincipalObjectId: signIn.servicePrincipalObjectId,
      resourceServicePrincipalObjectId: graph,
      claimValues: [...signIn.graphScopes],
    });
    if (!server) return;
    new ServicePrincipalDelegatedPermissionGrant(this, "sign_in_server", {
      servicePrincipalObjectId: signIn.servicePrincipalObjectId,
      resourceServicePrincipalObjectId: server.servicePrincipalObjectId,
      claimValues: [...server.scopeValues],
    });
    new ServicePrincipalDelegatedPermissionGrant(this, "server_graph", {
      servicePrincipalObjectId: server.servicePrincipalObjectId,
      resourceServicePrincipalObjectId: graph,
      claimValues: [...graphPermissions],
    });
  }
}
