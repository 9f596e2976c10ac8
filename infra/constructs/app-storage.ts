import { StorageAccount } from "@cdktf/provider-azurerm/lib/storage-account/index.js";
import { StorageContainer } from "@cdktf/provider-azurerm/lib/storage-container/index.js";
import { Construct } from "constructs";
import type { Place } from "./place.ts";

export interface AppStorageOptions {
  /** Kind of the account's name. */
  readonly kind: string;
  /** Reached by a private endpoint only. */
  readonly isPrivate: boolean;
}

/** One app's storage account: its deployment package and the Functions host's own blobs. It takes no key. */
export class AppStorage extends Construct {
  readonly accountId: string;
  readonly accountName: string;
  /** URL of the container that holds the deployment package. */
  readonly deploymentContainerUrl: string;

  constructor(scope: Construct, id: string, place: Place, { kind, isPrivate }: AppStorageOptions) {
    super(scope, id);
    const account = new StorageAccount(this, "account", {
      name: place.plainName(kind),
      resourceGroupName: place.resourceGroupName,
      location: place.location,
      accountKind: "StorageV2",
      accountTier: "Standard",
      accountReplicationType: "LRS",
      minTlsVersion: "TLS1_2",
      httpsTrafficOnlyEnabled: true,
      sharedAccessKeyEnabled: false,
      defaultToOauthAuthentication: true,
      localUserEnabled: false,
      allowNestedItemsToBePublic: false,
      crossTenantReplicationEnabled: false,
      publicNetworkAccessEnabled: !isPrivate,
      tags: { ...place.tags },
    });
    const container = new StorageContainer(this, "deployments", {
      name: "deployments",
      storageAccountId: account.id,
      containerAccessType: "private",
    });
    this.accountId = account.id;
    this.accountName = account.name;
    this.deploymentContainerUrl = `${account.primaryBlobEndpoint}${container.name}`;
  }
}
