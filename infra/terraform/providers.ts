import { AzureadProvider } from "@cdktf/provider-azuread/lib/provider/index.js";
import { AzurermProvider } from "@cdktf/provider-azurerm/lib/provider/index.js";
import type { Construct } from "constructs";
import type { CloudName } from "../../config/clouds.ts";

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

/** Declares the providers of Azure and of Entra. */
export function configureProviders(scope: Construct, cloud: CloudName, subscriptionId: string): void {
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
