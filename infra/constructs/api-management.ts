import { ApiManagement } from "@cdktf/provider-azurerm/lib/api-management/index.js";
import { ApiManagementRedisCache } from "@cdktf/provider-azurerm/lib/api-management-redis-cache/index.js";
import { DataAzurermApiManagement } from "@cdktf/provider-azurerm/lib/data-azurerm-api-management/index.js";
import { DataAzurermKeyVaultSecret } from "@cdktf/provider-azurerm/lib/data-azurerm-key-vault-secret/index.js";
import { DataAzurermUserAssignedIdentity } from "@cdktf/provider-azurerm/lib/data-azurerm-user-assigned-identity/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { DeploymentSettings } from "../settings/settings.ts";
import { resourceIdParts } from "../terraform/resource-id.ts";
import { type Identity, userAssignedIdentity } from "./identity.ts";
import type { Place } from "./place.ts";
import type { PrivateNetwork } from "./private-network.ts";

/** An API Management instance to put APIs into, made by the stack or there already. */
export interface Gateway {
  readonly id: string;
  readonly name: string;
  readonly resourceGroupName: string;
  /** Its public origin, without a slash at the end. */
  readonly origin: string;
  /** Whom the apps trust as the gateway. */
  readonly identity: Identity;
  /** Something that APIs can wait for. */
  readonly ready: ITerraformDependable;
  /** The tier, where it is known only when the stack is planned. */
  readonly sku: string | undefined;
}

export interface NewGatewayOptions {
  readonly sku: string;
  readonly publisherName: string;
  readonly publisherEmail: string;
  readonly origin: string | undefined;
  /** Subnet for its outgoing calls. */
  readonly subnetId: string | undefined;
}

/** A new instance, with an identity of its own. */
class NewGateway extends Construct implements Gateway {
  readonly id: string;
  readonly name: string;
  readonly resourceGroupName: string;
  readonly origin: string;
  readonly identity: Identity;
  readonly ready: ITerraformDependable;
  readonly sku = undefined;

  constructor(scope: Construct, place: Place, options: NewGatewayOptions) {
    super(scope, "gateway");
    const name = place.name("apim");
    this.identity = userAssignedIdentity(this, "identity", place, "idgw");
    const service = new ApiManagement(this, "service", {
      name,
      resourceGroupName: place.resourceGroupName,
      location: place.location,
      skuName: options.sku,
      publisherName: options.publisherName,
      publisherEmail: options.publisherEmail,
      identity: { type: "UserAssigned", identityIds: [this.identity.id] },
      ...(options.subnetId
        ? { virtualNetworkType: "External", virtualNetworkConfiguration: { subnetId: options.subnetId } }
        : {}),
      tags: { ...place.tags },
    });
    this.id = service.id;
    this.name = service.name;
    this.resourceGroupName = service.resourceGroupName;
    // From the name and not from the resource: the apps need the origin before API Management can be told of the apps.
    this.origin = options.origin ?? `https://${name}.${place.cloud.gatewaySuffix}`;
    this.ready = service;
  }
}

/** An instance that somebody else made and keeps; only its APIs are ours. */
class ExistingGateway extends Construct implements Gateway {
  readonly id: string;
  readonly name: string;
  readonly resourceGroupName: string;
  readonly origin: string;
  readonly identity: Identity;
  readonly ready: ITerraformDependable;
  readonly sku: string;

  constructor(scope: Construct, options: { id: string; identityId: string; origin: string | undefined }) {
    super(scope, "gateway");
    const { name, resourceGroup } = resourceIdParts(options.id);
    const identity = resourceIdParts(options.identityId);
    const service = new DataAzurermApiManagement(this, "service", { name, resourceGroupName: resourceGroup });
    this.identity = new DataAzurermUserAssignedIdentity(this, "identity", {
      name: identity.name,
      resourceGroupName: identity.resourceGroup,
    });
    this.id = service.id;
    this.name = name;
    this.resourceGroupName = resourceGroup;
    this.origin = options.origin ?? service.gatewayUrl;
    this.ready = service;
    this.sku = service.skuName;
  }
}

/** A Redis cache for API Management. Its connection string is the one secret that nothing can take the place of. */
export class ExternalCache extends Construct {
  constructor(scope: Construct, gateway: Gateway, secretId: string) {
    super(scope, "external_cache");
    const secret = new DataAzurermKeyVaultSecret(this, "connection", {
      name: resourceIdParts(secretId).name,
      keyVaultId: secretId.replace(/\/secrets\/[^/]+$/, ""),
    });
    new ApiManagementRedisCache(this, "cache", {
      name: "default",
      apiManagementId: gateway.id,
      connectionString: secret.value,
      cacheLocation: "default",
      dependsOn: [gateway.ready],
    });
  }
}

/** @returns a new API Management instance, or the one that the settings name */
export function makeGateway(
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
