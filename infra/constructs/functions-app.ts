import { FunctionAppFlexConsumption } from "@cdktf/provider-azurerm/lib/function-app-flex-consumption/index.js";
import { ServicePlan } from "@cdktf/provider-azurerm/lib/service-plan/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { GatewayConfig } from "../../config/schema.ts";
import type { AppStorage } from "./app-storage.ts";
import type { Identity } from "./identity.ts";
import type { Place } from "./place.ts";
import type { Telemetry } from "./telemetry.ts";

/** Added by the portal and by azd, to link the app with its telemetry. */
const LINK_TAGS = [
  'tags["hidden-link: /app-insights-resource-id"]',
  'tags["hidden-link: /app-insights-conn-string"]',
  'tags["hidden-link: /app-insights-instrumentation-key"]',
];

export interface FunctionsAppOptions {
  /** Name of the service in azure.yaml; azd finds the app by it. */
  readonly service: string;
  readonly kind: string;
  readonly identity: Identity;
  readonly storage: AppStorage;
  readonly telemetry: Telemetry;
  /** The app's own settings, by its own type. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** Subnet for its outgoing calls. */
  readonly subnetId: string | undefined;
  /** The role with which the app reads its deployment package; the app does not start without. */
  readonly after: ITerraformDependable;
}

/** A Functions app on Flex Consumption. Its code comes from `azd deploy`. */
export class FunctionsApp extends Construct {
  readonly name: string;
  /** Base URL, without a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, place: Place, options: FunctionsAppOptions) {
    super(scope, id);
    const { identity, storage, telemetry } = options;
    const { resourceGroupName, location } = place;
    const plan = new ServicePlan(this, "plan", {
      name: place.name(`${options.kind}p`),
      resourceGroupName,
      location,
      osType: "Linux",
      skuName: "FC1",
      tags: { ...place.tags },
    });
    const app = new FunctionAppFlexConsumption(this, "app", {
      name: place.name(options.kind),
      resourceGroupName,
      location,
      servicePlanId: plan.id,
      runtimeName: "node",
      runtimeVersion: "24",
      instanceMemoryInMb: 2048,
      maximumInstanceCount: 100,
      storageContainerType: "blobContainer",
      storageContainerEndpoint: storage.deploymentContainerUrl,
      storageAuthenticationType: "UserAssignedIdentity",
      storageUserAssignedIdentityId: identity.id,
      identity: { type: "UserAssigned", identityIds: [identity.id] },
      httpsOnly: true,
      publicNetworkAccessEnabled: true,
      webdeployPublishBasicAuthenticationEnabled: false,
      ...(options.subnetId ? { virtualNetworkSubnetId: options.subnetId } : {}),
      siteConfig: {
        applicationInsightsConnectionString: telemetry.connectionString,
        minimumTlsVersion: "1.2",
        scmMinimumTlsVersion: "1.2",
        http2Enabled: true,
        ...(options.subnetId ? { vnetRouteAllEnabled: true } : {}),
      },
      appSettings: {
        // The host's own storage, by identity. The provider adds a bare AzureWebJobsStorage without a key beside it,
        // which comes first; the postprovision hook takes it away.
        AzureWebJobsStorage__accountName: storage.accountName,
        AzureWebJobsStorage__credential: "managedidentity",
        AzureWebJobsStorage__clientId: identity.clientId,
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${identity.clientId};Authorization=AAD`,
        ...definedOnly(options.settings),
      },
      tags: { ...place.tags, "azd-service-name": options.service },
      lifecycle: { ignoreChanges: LINK_TAGS },
      dependsOn: [options.after],
    });
    this.name = app.name;
    this.url = `https://${app.defaultHostname}`;
  }
}

function definedOnly(settings: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** What both apps are told of Entra; the cloud and further tenants only where they are not the default. */
export function entraSettingsOf({ cloud, tenants }: GatewayConfig, { tenantId }: Place) {
  return {
    ...(cloud === "public" ? {} : { AZURE_CLOUD: cloud }),
    ENTRA_TENANT_ID: tenantId,
    ...(tenants.length > 0 ? { ENTRA_FURTHER_TENANT_IDS: tenants.join(",") } : {}),
  };
}
