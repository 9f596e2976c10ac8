import { DataAzurermClientConfig } from "@cdktf/provider-azurerm/lib/data-azurerm-client-config/index.js";
import { ResourceGroup } from "@cdktf/provider-azurerm/lib/resource-group/index.js";
import { type ITerraformDependable, type TerraformElement, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct, Node } from "constructs";
import { clouds } from "../config/clouds.ts";
import { signInDemands } from "../config/identity.ts";
import { type ResolvedGateway, resolveGateway } from "../config/resolve.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { routes } from "../functions/graph-mcp/contract.ts";
import { apisWithMetrics, describeGateway } from "./apis/describe.ts";
import { AdminConsent } from "./constructs/admin-consent.ts";
import { Alerts } from "./constructs/alerts.ts";
import { ExternalCache, type Gateway, makeGateway } from "./constructs/api-management.ts";
import { Apis } from "./constructs/apis.ts";
import { makeAuthorizationServer } from "./constructs/authorization-server.ts";
import type { Deployers } from "./constructs/entra-application.ts";
import { GatewayLogs } from "./constructs/gateway-logs.ts";
import { type Identity, userAssignedIdentity } from "./constructs/identity.ts";
import { naming, type Place } from "./constructs/place.ts";
import { PrivateNetwork } from "./constructs/private-network.ts";
import { assignRole, assignSecretRoles } from "./constructs/role-assignments.ts";
import { makeSample, SAMPLE } from "./constructs/sample-server.ts";
import { SignInApplication } from "./constructs/sign-in-application.ts";
import { Telemetry } from "./constructs/telemetry.ts";
import { Workbook } from "./constructs/workbook.ts";
import type { DeploymentSettings } from "./settings/settings.ts";
import { escapeAllTemplates } from "./terraform/escape.ts";
import { configureProviders } from "./terraform/providers.ts";
import { declareVariables } from "./terraform/variables.ts";

export interface GatewayStackOptions {
  readonly config: GatewayConfig;
  readonly settings: DeploymentSettings;
}

/** What all parts of the stack share. */
interface Deployment extends GatewayStackOptions {
  readonly place: Place;
  readonly deployers: Deployers;
  readonly telemetry: Telemetry;
  readonly network: PrivateNetwork | undefined;
  readonly gateway: Gateway;
  /** @returns an Entra application's display name */
  readonly displayName: (what: string) => string;
}

/** The applications in Entra, with the authorization server's identity. */
interface Applications {
  readonly identity: Identity;
  readonly signIn: SignInApplication;
  readonly sample: ReturnType<typeof makeSample> | undefined;
}

/** Everything that a deployment has in Azure and in Entra. */
export class GatewayStack extends TerraformStack {
  private logicalIds: Map<string, string> | undefined;

  constructor(scope: Construct, id: string, options: GatewayStackOptions) {
    super(scope, id);
    const deployment = this.deployment(withEscapedTemplates(options));
    const { config, place, telemetry, gateway } = deployment;
    const applications = this.applications(deployment);
    const { signIn, identity, sample } = applications;
    const resolved = resolveGateway(config, {
      origin: gateway.origin,
      apps: sample
        ? {
            [SAMPLE]: {
              mcpUrl: `${sample.app.url}${routes.mcp}`,
              applicationId: sample.application.clientId,
            },
          }
        : {},
    });
    const { app, store } = makeAuthorizationServer(this, place, {
      ...deployment,
      resolved,
      signIn,
      identity,
    });
    this.gatewayContent(deployment, resolved, {
      url: app.url,
      audience: signIn.audience,
      slowlyMade: store.ready,
    });
    new Alerts(this, place, { telemetry, gateway, store, email: deployment.settings.alertEmail });
    const workbook = new Workbook(this, place, telemetry);
    this.outputs(resolved, {
      AZURE_RESOURCE_GROUP: place.resourceGroupName,
      AUTHORIZATION_SERVER_APP_NAME: app.name,
      ...outputsOfApplications(applications),
      RESOURCE_MANAGER_URL: place.cloud.resourceManager,
      PORTAL_RESOURCE_GROUP_URL: portal(place, place.resourceGroupId),
      PORTAL_GATEWAY_URL: portal(place, gateway.id),
      PORTAL_TELEMETRY_URL: portal(place, telemetry.insightsId),
      PORTAL_WORKBOOK_URL: portal(place, workbook.id),
    });
  }

  private deployment(options: GatewayStackOptions): Deployment {
    const { config, settings } = options;
    const variable = declareVariables(this, settings);
    const environmentName = variable("environment_name");
    configureProviders(this, config.cloud, variable("subscription_id"));
    // What the expressions need: `nullable` variables, preconditions and `startswith`.
    this.addOverride("terraform.required_version", ">= 1.5.0");
    const deployer = new DataAzurermClientConfig(this, "deployer");
    const named = settings.deployerObjectIds.length > 0;
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
      cloud: clouds[config.cloud],
      name,
      plainName,
    };
    const telemetry = new Telemetry(this, place);
    const network = settings.privateNetwork ? new PrivateNetwork(this, place) : undefined;
    return {
      ...options,
      place,
      deployers: { objectIds: named ? settings.deployerObjectIds : [deployer.objectId], named },
      telemetry,
      network,
      gateway: makeGateway(this, place, settings, variable, network),
      displayName: (what) => `${config.name} ${what} (${environmentName})`,
    };
  }

  /** The applications in Entra: for the sign-in, and of the sample server. */
  private applications(deployment: Deployment): Applications {
    const { config, settings, place, gateway, deployers, displayName } = deployment;
    const identity = userAssignedIdentity(this, "authorization_server_identity", place, "idas");
    const signIn = new SignInApplication(this, {
      displayName: displayName("sign-in"),
      place,
      multiTenant: config.tenants.length > 0,
      origin: gateway.origin,
      identity,
      gateway: gateway.identity,
      assignmentRequired: settings.assignmentRequired,
      demands: signInDemands(config.servers),
      deployers,
    });
    const sample = settings.sampleServer
      ? makeSample(this, place, { ...deployment, displayName: displayName("sample server"), signIn })
      : undefined;
    if (settings.adminConsent) new AdminConsent(this, signIn, sample?.application);
    return { identity, signIn, sample };
  }

  /** What API Management serves, its logs and its cache. */
  private gatewayContent(
    { config, settings, place, gateway, telemetry }: Deployment,
    resolved: ResolvedGateway,
    {
      url,
      audience,
      slowlyMade,
    }: {
      readonly url: string;
      readonly audience: string;
      /** A role in a vault takes effect minutes after it is assigned, and this takes minutes, too. */
      readonly slowlyMade: readonly ITerraformDependable[];
    },
  ): void {
    const description = describeGateway(
      resolved,
      config,
      { url, audience, gatewayIdentityClientId: gateway.identity.clientId },
      { ...place.cloud, tenantId: place.tenantId },
    );
    const secrets = description.secretNamedValues.map(({ secret }) => secret);
    const { apis } = new Apis(this, gateway, {
      description,
      cloud: place.cloud,
      secretsReady: [...assignSecretRoles(this, gateway.identity, secrets), ...slowlyMade],
      dialect: settings.apim.kind === "new" && settings.apim.tier === "Consumption" ? "consumption" : "full",
    });
    new GatewayLogs(this, place, gateway, {
      telemetry,
      apis,
      withMetrics: apisWithMetrics(resolved, config),
      after: assignRole(this, "gateway_telemetry", gateway.identity, telemetry.insightsId),
    });
    if (settings.redisSecretId) new ExternalCache(this, gateway, settings.redisSecretId);
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

/** What an operator wrote goes into Terraform strings. */
function withEscapedTemplates({ config, settings }: GatewayStackOptions): GatewayStackOptions {
  return {
    config: escapeAllTemplates(config),
    settings: {
      ...settings,
      publisherName: escapeAllTemplates(settings.publisherName),
      tags: escapeAllTemplates(settings.tags),
    },
  };
}

function outputsOfApplications({ signIn, sample }: Applications): Readonly<Record<string, string>> {
  return {
    GRAPH_MCP_APP_NAME: sample?.app.name ?? "",
    SIGN_IN_CLIENT_ID: signIn.clientId,
    GRAPH_MCP_CLIENT_ID: sample?.application.clientId ?? "",
  };
}

function portal({ cloud, tenantId }: Place, resourceId: string): string {
  return `${cloud.portal}/#@${tenantId}/resource${resourceId}`;
}
