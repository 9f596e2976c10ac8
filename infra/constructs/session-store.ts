import { CosmosdbAccount } from "@cdktf/provider-azurerm/lib/cosmosdb-account/index.js";
import { CosmosdbSqlContainer } from "@cdktf/provider-azurerm/lib/cosmosdb-sql-container/index.js";
import { CosmosdbSqlDatabase } from "@cdktf/provider-azurerm/lib/cosmosdb-sql-database/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { containers } from "../../functions/authorization-server/contract.ts";
import type { DeploymentSettings } from "../settings/settings.ts";
import { REMOVED_LAST } from "../terraform/order.ts";
import type { Place } from "./place.ts";

/** Cosmos DB's largest bounds for an account in several regions: the staleness matters in the other regions only. */
const BOUNDED_STALENESS = {
  consistencyLevel: "BoundedStaleness",
  maxIntervalInSeconds: 300,
  maxStalenessPrefix: 100_000,
};

export interface SessionStoreOptions {
  readonly cosmos: DeploymentSettings["cosmos"];
  readonly isPrivate: boolean;
}

/** Cosmos DB with the authorization server's containers. It takes no key, only identities with a data role. */
export class SessionStore extends Construct {
  readonly accountId: string;
  readonly accountName: string;
  readonly endpoint: string;
  readonly databaseName: string;
  /** Scope of data roles: this database and no other. */
  readonly databaseScope: string;
  /** Everything made here. An account takes one change of itself at a time, so those that change it later wait for these. */
  readonly ready: readonly ITerraformDependable[];

  constructor(scope: Construct, place: Place, { cosmos, isPrivate }: SessionStoreOptions) {
    super(scope, "session_store");
    const { resourceGroupName, location } = place;
    const account = new CosmosdbAccount(this, "account", {
      // Azure converts neither kind into the other. With another name Terraform makes another account.
      name: place.name(cosmos.maxThroughput === undefined ? "cosmos" : "cosmosru"),
      resourceGroupName,
      location,
      offerType: "Standard",
      kind: "GlobalDocumentDB",
      localAuthenticationDisabled: true,
      accessKeyMetadataWritesEnabled: false,
      minimalTlsVersion: "Tls12",
      publicNetworkAccessEnabled: !isPrivate,
      capabilities: cosmos.maxThroughput === undefined ? [{ name: "EnableServerless" }] : [],
      // A code redeemed on one instance must be gone for all others. In the region that writes, both levels read what
      // was last written; Session does so for the one that wrote it alone.
      consistencyPolicy: cosmos.regions.length === 0 ? { consistencyLevel: "Strong" } : BOUNDED_STALENESS,
      geoLocation: [location, ...cosmos.regions].map((region, failoverPriority) => ({
        location: region,
        failoverPriority,
        zoneRedundant: false,
      })),
      automaticFailoverEnabled: cosmos.regions.length > 0,
      backup: { type: "Continuous", tier: "Continuous7Days" },
      tags: { ...place.tags },
    });
    const database = new CosmosdbSqlDatabase(this, "database", {
      name: "gateway",
      resourceGroupName,
      accountName: account.name,
      ...(cosmos.maxThroughput === undefined
        ? {}
        : { autoscaleSettings: { maxThroughput: cosmos.maxThroughput } }),
    });
    const made = Object.entries(containers).map(
      ([name, { partitionKey, indexed }]) =>
        new CosmosdbSqlContainer(this, name, {
          name,
          resourceGroupName,
          accountName: account.name,
          databaseName: database.name,
          partitionKeyPaths: [partitionKey],
          partitionKeyVersion: 2,
          // The app uses this account until another one is ready.
          lifecycle: REMOVED_LAST,
          // Each document says when it ends.
          defaultTtl: -1,
          // Nearly everything is read by its ID. The mode "none" would switch off the expiry of documents.
          indexingPolicy: {
            indexingMode: "consistent",
            ...(indexed.length > 0 && { includedPath: indexed.map((path) => ({ path })) }),
            excludedPath: [{ path: "/*" }],
          },
        }),
    );
    this.accountId = account.id;
    this.accountName = account.name;
    this.endpoint = account.endpoint;
    this.databaseName = database.name;
    this.databaseScope = `${account.id}/dbs/${database.name}`;
    this.ready = [database, ...made];
  }
}
