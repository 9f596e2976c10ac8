import { ApiManagementRedisCache } from "@cdktf/provider-azurerm/lib/api-management-redis-cache/index.js";
import { DataAzurermKeyVaultSecret } from "@cdktf/provider-azurerm/lib/data-azurerm-key-vault-secret/index.js";
import { Construct } from "constructs";
import { resourceIdParts } from "../terraform/resource-id.ts";
import type { Gateway } from "./api-management.ts";

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
