import { AzureadProvider } from "@cdktf/provider-azuread/lib/provider/index.js";
import { DataAzurermClientConfig } from "@cdktf/provider-azurerm/lib/data-azurerm-client-config/index.js";
import { AzurermProvider } from "@cdktf/provider-azurerm/lib/provider/index.js";
import { ResourceGroup } from "@cdktf/provider-azurerm/lib/resource-group/index.js";
import { type TerraformElement, TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import type { Construct, Node } from "constructs";
import { appDemands } from "../config/app-demands.ts";
import { type CloudName, clouds } from "../config/clouds.ts";
import { type ResolvedGateway, resolveGateway } from "../config/resolve.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { describeGateway } from "./apis/describe.ts";
import type { AuthorizationServerSettings, GraphMcpSettings } from "./app-settings.ts";
import { AdminConsent } from "./constructs/admin-consent.ts";
import { Alerts } from "./constructs/alerts.ts";
import { ExistingGateway, type Gateway, NewGateway } from "./constructs/api-management.ts";
import { Apis } from "./constructs/apis.ts";
import { AppStorage } from "./constructs/app-storage.ts";
import type { Deployers } from "./constructs/deployers.ts";
import { ExternalCache } from "./constructs/external-cache.ts";
import { FunctionsApp } from "./constructs/functions-app.ts";
import { GatewayLogs } from "./constructs/gateway-logs.ts";
import { userAssignedIdentity } from "./constructs/identities.ts";
import { Keys } from "./constructs/keys.ts";
import type { Place } from "./constructs/place.ts";
import { PrivateNetwork } from "./constructs/private-network.ts";
import { AuthorizationServerRoles, assignRole, assignStorageRole } from "./constructs/role-assignments.ts";
import { ServerApplication } from "./constructs/server-application.ts";
import { SessionStore } from "./constructs/session-store.ts";
import { SignInApplication } from "./constructs/sign-in-application.ts";
import { Telemetry } from "./constructs/telemetry.ts";
import { Workbook } from "./constructs/workbook.ts";
import { naming } from "./naming.ts";
import type { DeploymentSettings } from "./settings/settings.ts";
import { escapeAllTemplates } from "./terraform/escape.ts";
import { stackVariables } from "./terraform/variables.ts";

/** The one MCP server that is deployed with the gateway; gateway.config.ts and azure.yaml know it by this name. */
const SAMPLE = "graph-mcp";

/** Registered in the subscription when they are not yet. The provider takes no other spelling than Azure's own list. */
const RESOURCE_PROVIDERS = [
  "Microsoft.AlertsManagement",
  "Microsoft.ApiManagement",
  "Microsoft.App",
  "Microsoft.DocumentDB",
  "Microsoft.KeyVault",
  "Microsoft.ManagedIdentity",
  "Microsoft.Network",
  "Microsoft.OperationalInsights",
  "Microsoft.Storage",
  "Microsoft.Web",
  "microsoft.insights",
];

export interface GatewayStackOptions {
  readonly config: GatewayConfig;
  readonly settings: DeploymentSettings;
}

/** Everything that a deployment has in Azure and in Entra. */
export class GatewayStack extends TerraformStack {
  private logicalIds: Map<string, string> | undefined;

  constructor(scope: Construct, id: string, options: GatewayStackOptions) {
    super(scope, id);
    // What an operator wrote goes into Terraform strings.
    const config = escapeAllTemplates(options.config);
    const settings = {
      ...options.settings,
      publisherName: escapeAllTemplates(options.settings.publisherName),
      tags: escapeAllTemplates(options.settings.tags),
    };
    const variable = declareVariables(this, settings);
    const environmentName = variable("environment_name");
    configureProviders(this, config.cloud, variable("subscription_id"));
    const cloud = clouds[config.cloud];
    // What the expressions need: `nullable` variables, preconditions and `startswith`.
    this.addOverride("terraform.required_version", ">= 1.5.0");
    const deployer = new DataAzurermClientConfig(this, "deployer");
    const named = settings.deployerObjectIds.length > 0;
    const deployers: Deployers = {
      objectIds: named ? settings.deployerObjectIds : [deployer.objectId],
      named,
    };

    const { resourceGroupName, name, plainName } = naming(this, {
      prefix: settings.namePrefix,
      subscriptionId: variable("subscription_id"),
      environmentName,
      location: variable("location"),
    });
    const tags = { ...settings.tags, "azd-env-name": environmentName };
    const group = new ResourceGroup(this, "resource_group", {
      name: resourceGroupName,
      location: variable("location"),
      tags,
    });
    const place: Place = {
      resourceGroupName: group.name,
      resourceGroupId: group.id,
      location: group.location,
      tags,
      tenantId: deployer.tenantId,
      cloud,
      name,
      plainName,
    };
    const isPrivate = settings.privateNetwork !== undefined;

    const telemetry = new Telemetry(this, place);
    const network = isPrivate ? new PrivateNetwork(this, place) : undefined;
    const gateway = makeGateway(this, place, settings, variable, network);
    const displayName = (what: string) => `${config.name} ${what} (${environmentName})`;

    const identity = userAssignedIdentity(this, "authorization_server_identity", place, "idas");
    const signIn = new SignInApplication(this, {
      displayName: displayName("sign-in"),
      place,
      multiTenant: config.tenants.length > 0,
      origin: gateway.origin,
      identity,
      gateway: gateway.identity,
      assignmentRequired: settings.assignmentRequired,
      deployers,
    });
    const sample = settings.sampleServer
      ? makeSample(this, place, {
          config,
          settings,
          displayName: displayName("sample server"),
          signIn,
          deployers,
          telemetry,
          network,
        })
      : undefined;
    if (settings.adminConsent) new AdminConsent(this, signIn, sample?.application);

    const resolved = resolveGateway(config, {
      origin: gateway.origin,
      apps: sample
        ? { [SAMPLE]: { mcpUrl: `${sample.app.url}/mcp`, applicationId: sample.application.clientId } }
        : {},
    });

    const store = new SessionStore(this, place, { cosmos: settings.cosmos, isPrivate });
    const keys = new Keys(this, place, {
      workspaceId: telemetry.workspaceId,
      allowedAddresses: settings.privateNetwork?.deployerAddresses,
      deployers,
      after: [...store.ready, gateway.ready],
    });
    const storage = new AppStorage(this, "authorization_server_storage_account", place, {
      kind: "stas",
      isPrivate,
    });
    const roles = new AuthorizationServerRoles(this, place, identity, { keys, store, telemetry });
    const authorizationServerSettings: AuthorizationServerSettings = {
      ...entraSettingsOf(config, place),
      ENTRA_CLIENT_ID: signIn.clientId,
      MANAGED_IDENTITY_CLIENT_ID: identity.clientId,
      GATEWAY: JSON.stringify(resolved),
      GATEWAY_PRINCIPAL_ID: gateway.identity.principalId,
      COSMOS_ENDPOINT: store.endpoint,
      COSMOS_DATABASE: store.databaseName,
      KEY_VAULT_URL: keys.vaultUrl,
    };
    const authorizationServer = new FunctionsApp(this, "authorization_server", place, {
      service: "authorization-server",
      kind: "auth",
      identity,
      storage,
      telemetry,
      settings: authorizationServerSettings,
      subnetId: network?.subnetIds.authorization_server,
      after: assignStorageRole(this, "authorization_server_storage", identity, storage),
    });

    const { apis } = new Apis(this, gateway, {
      description: describeGateway(resolved, config, {
        url: authorizationServer.url,
        audience: signIn.audience,
        gatewayIdentityClientId: gateway.identity.clientId,
      }),
      dialect: settings.apim.kind === "new" && settings.apim.tier === "Consumption" ? "consumption" : "full",
    });
    new GatewayLogs(this, place, gateway, {
      telemetry,
      apis,
      after: assignRole(this, "gateway_telemetry", gateway.identity, telemetry.insightsId),
    });
    if (settings.redisSecretId) new ExternalCache(this, gateway, settings.redisSecretId);

    network?.endpoint("cosmos", "pecos", store.accountId, roles.inSessionStore);
    network?.endpoint("key_vault", "pekv", keys.vaultId);
    network?.endpoint("blob", "peas", storage.accountId);

    new Alerts(this, place, { telemetry, gateway, store, email: settings.alertEmail });
    const workbook = new Workbook(this, place, telemetry);

    this.outputs(resolved, {
      AZURE_RESOURCE_GROUP: place.resourceGroupName,
      AUTHORIZATION_SERVER_APP_NAME: authorizationServer.name,
      GRAPH_MCP_APP_NAME: sample?.app.name ?? "",
      SIGN_IN_CLIENT_ID: signIn.clientId,
      GRAPH_MCP_CLIENT_ID: sample?.application.clientId ?? "",
      RESOURCE_MANAGER_URL: cloud.resourceManager,
      PORTAL_RESOURCE_GROUP_URL: portal(place, group.id),
      PORTAL_GATEWAY_URL: portal(place, gateway.id),
      PORTAL_TELEMETRY_URL: portal(place, telemetry.insightsId),
      PORTAL_WORKBOOK_URL: portal(place, workbook.id),
    });
  }

  private outputs(resolved: ResolvedGateway, others: Readonly<Record<string, string>>): void {
    const [first] = resolved.servers;
    const values = {
      GATEWAY_URL: resolved.issuer,
      MCP_URL: first?.resource ?? "",
      ...Object.fromEntries(
        resolved.servers.map((server) => [
          `MCP_URL_${server.name.toUpperCase().replaceAll("-", "_")}`,
          server.resource,
        ]),
      ),
      ...others,
    };
    for (const [name, value] of Object.entries(values)) new TerraformOutput(this, name, { value });
  }

  /** Names in the state follow the constructs' own, without CDKTF's hash: "keys" and "vault" make "keys_vault". */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const { path } = "node" in element ? element.node : element;
    const name = path.split("/").slice(1).join("_");
    // The base class calls this before the fields of this one are set.
    this.logicalIds ??= new Map();
    const other = this.logicalIds.get(name);
    if (other !== undefined && other !== path)
      throw new Error(`${path} and ${other} would both be named ${name}`);
    this.logicalIds.set(name, path);
    return name;
  }
}

/** @returns each variable's value in Terraform, by its name */
function declareVariables(scope: Construct, settings: DeploymentSettings): (name: string) => string {
  const values = new Map(
    stackVariables(settings).map(({ name, description, pattern, message }) => {
      const regex = pattern.replaceAll("\\", "\\\\");
      const variable = new TerraformVariable(scope, name, {
        type: "string",
        description,
        nullable: false,
        validation: [{ condition: `\${can(regex("${regex}", var.${name}))}`, errorMessage: message }],
      });
      return [name, variable.stringValue] as const;
    }),
  );
  return (name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`the stack has no variable ${name}`);
    return value;
  };
}

function configureProviders(scope: Construct, cloud: CloudName, subscriptionId: string): void {
  // Both providers have the clouds by these names, and take the public one unless told.
  const environment = cloud === "public" ? {} : { environment: cloud };
  new AzurermProvider(scope, "azurerm", {
    ...environment,
    subscriptionId,
    storageUseAzuread: true,
    resourceProviderRegistrations: "none",
    resourceProvidersToRegister: RESOURCE_PROVIDERS,
    features: [
      {
        // Azure makes a "Failure Anomalies" rule beside Application Insights, which `azd down` takes with the group. To have the
        // provider switch it off, Terraform would wait for it to appear, and fail after half an hour where it does not.
        resourceGroup: [{ preventDeletionIfContainsResources: false }],
        apiManagement: [{ purgeSoftDeleteOnDestroy: true, recoverSoftDeleted: true }],
        // Purge protection keeps a deleted vault; the same deployment takes it up again.
        keyVault: [
          {
            purgeSoftDeleteOnDestroy: false,
            purgeSoftDeletedKeysOnDestroy: false,
            recoverSoftDeletedKeyVaults: true,
            recoverSoftDeletedKeys: true,
          },
        ],
        logAnalyticsWorkspace: [{ permanentlyDeleteOnDestroy: true }],
        templateDeployment: [{ deleteNestedItemsDuringDeletion: true }],
        // The storage accounts take no key, and in a private network not even a call.
        storage: [{ dataPlaneAvailable: false }],
      },
    ],
  });
  new AzureadProvider(scope, "azuread", environment);
}

function makeGateway(
  scope: Construct,
  place: Place,
  settings: DeploymentSettings,
  variable: (name: string) => string,
  network: PrivateNetwork | undefined,
): Gateway {
  const { apim, origin, publisherName } = settings;
  return apim.kind === "existing"
    ? new ExistingGateway(scope, { id: apim.id, identityId: apim.identityId, origin })
    : new NewGateway(scope, place, {
        sku: apim.sku,
        publisherName,
        publisherEmail: variable("publisher_email"),
        origin,
        subnetId: network?.subnetIds.gateway,
      });
}

/** What both apps are told of Entra; the cloud and further tenants only where they are not the default. */
function entraSettingsOf({ cloud, tenants }: GatewayConfig, { tenantId }: Place) {
  return {
    ...(cloud === "public" ? {} : { AZURE_CLOUD: cloud }),
    ENTRA_TENANT_ID: tenantId,
    ...(tenants.length > 0 ? { ENTRA_FURTHER_TENANT_IDS: tenants.join(",") } : {}),
  };
}

/** The sample MCP server: an app, an identity and an Entra application of its own, as a user's server would have. */
function makeSample(
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
  const scopes = [...new Set(servers.map(({ entra }) => entra.scope))];
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
    roles: [...new Set(servers.flatMap(({ access }) => access.roles))],
    groupsInTokens: servers.some(({ access }) => access.groups.length > 0),
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
    FURTHER_CLIENT_IDS: listed(options.settings.preauthorizedClientIds),
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

function portal({ cloud, tenantId }: Place, resourceId: string): string {
  return `${cloud.portal}/#@${tenantId}/resource${resourceId}`;
}
