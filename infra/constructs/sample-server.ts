import type { Construct } from "constructs";
import type { z } from "zod";
import { appDemands } from "../../config/app-demands.ts";
import type { GatewayConfig } from "../../config/schema.ts";
import type { settingsSchema } from "../../functions/graph-mcp/contract.ts";
import type { DeploymentSettings } from "../settings/settings.ts";
import { AppStorage } from "./app-storage.ts";
import type { Deployers } from "./entra-application.ts";
import { entraSettingsOf, FunctionsApp } from "./functions-app.ts";
import { userAssignedIdentity } from "./identity.ts";
import type { Place } from "./place.ts";
import type { PrivateNetwork } from "./private-network.ts";
import { assignRole, assignStorageRole } from "./role-assignments.ts";
import { ServerApplication } from "./server-application.ts";
import type { SignInApplication } from "./sign-in-application.ts";
import type { Telemetry } from "./telemetry.ts";

/** The one MCP server that is deployed with the gateway; gateway.config.ts and azure.yaml know it by this name. */
export const SAMPLE = "graph-mcp";

/** What the stack sets for the sample MCP server. */
type GraphMcpSettings = Readonly<Omit<z.input<typeof settingsSchema>, "ENTRA_AUTHORITY_HOST" | "GRAPH_URL">>;

/** The sample MCP server: an app, an identity and an Entra application of its own, as a user's server would have. */
export function makeSample(
  scope: Construct,
  place: Place,
  options: {
    readonly config: GatewayConfig;
    readonly settings: DeploymentSettings;
    readonly displayName: string;
    readonly signIn: SignInApplication;
    readonly deployers: Deployers;
    readonly telemetry: Telemetry;
    readonly network: PrivateNetwork | undefined;
  },
) {
  const { telemetry, network } = options;
  const servers = options.config.servers.filter(({ backend }) => "app" in backend && backend.app === SAMPLE);
  const scopes = [...new Set(servers.flatMap(({ entra }) => entra?.scope ?? []))];
  const demands = appDemands(options.config.servers, SAMPLE);
  const listed = (values: readonly string[]) => (values.length > 0 ? values.join(" ") : undefined);
  const identity = userAssignedIdentity(scope, "graph_mcp_identity", place, "idmcp");
  const application = new ServerApplication(scope, "graph_mcp_application", {
    service: SAMPLE,
    displayName: options.displayName,
    place,
    multiTenant: options.config.tenants.length > 0,
    identity,
    scopes: scopes.length > 0 ? scopes : ["Mcp.Access"],
    roles: demands.definedRoles,
    workloadRoles: demands.workloadRoles,
    groupsInTokens: demands.namedGroups.length > 0,
    assignmentRequired: demands.roles.length > 0 || demands.groups.length > 0,
    signIn: options.signIn,
    deployers: options.deployers,
    preauthorizeSignIn: options.settings.adminConsent,
    preauthorizedClientIds: options.settings.preauthorizedClientIds,
  });
  const storage = new AppStorage(scope, "graph_mcp_storage_account", place, {
    kind: "stmcp",
    isPrivate: network !== undefined,
  });
  assignRole(scope, "graph_mcp_telemetry", identity, telemetry.insightsId);
  const settings: GraphMcpSettings = {
    ...entraSettingsOf(options.config, place),
    ENTRA_CLIENT_ID: application.clientId,
    MANAGED_IDENTITY_CLIENT_ID: identity.clientId,
    ...(scopes[0] ? { REQUIRED_SCOPE: scopes[0] } : {}),
    GATEWAY_CLIENT_ID: options.signIn.clientId,
    FURTHER_CLIENT_IDS: listed([
      ...new Set([...options.settings.preauthorizedClientIds, ...demands.clients]),
    ]),
    WORKLOAD_ROLES: listed(demands.workloadRoles),
    ALLOWED_ROLES: listed(demands.roles),
    ALLOWED_GROUPS: listed(demands.groups),
    GATEWAY_SCOPES: listed(demands.scopes),
  };
  const app = new FunctionsApp(scope, "graph_mcp", place, {
    service: SAMPLE,
    kind: "mcp",
    identity,
    storage,
    telemetry,
    settings,
    subnetId: network?.subnetIds.graph_mcp,
    after: assignStorageRole(scope, "graph_mcp_storage", identity, storage),
  });
  network?.endpoint("blob", "pemcp", storage.accountId);
  return { app, application };
}
