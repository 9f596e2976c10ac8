import { CosmosClient } from "@azure/cosmos";
import { containers } from "../../functions/authorization-server/store/containers.ts";
import { cosmosStore } from "../../functions/authorization-server/store/cosmos.ts";
import type { Store } from "../../functions/authorization-server/store/store.ts";
import { type LocalCosmos, startCosmos } from "../../local/cosmos/start.ts";

const DATABASE = "gateway";

/** A Cosmos DB of its own, with the containers as they are provisioned. */
export interface TestDatabase {
  readonly cosmos: LocalCosmos;
  /** A store over it, as every instance of the app has one. */
  store(): Store;
}

export async function startDatabase(): Promise<TestDatabase> {
  const cosmos = await startCosmos({ log: () => undefined });
  const client = new CosmosClient({
    endpoint: cosmos.url,
    key: cosmos.key,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const { database } = await client.databases.create({ id: DATABASE });
  for (const [id, { partitionKey }] of Object.entries(containers)) {
    await database.containers.create({ id, partitionKey, defaultTtl: -1 });
  }
  client.dispose();
  cosmos.resetOperations();
  return {
    cosmos,
    store: () =>
      cosmosStore({
        endpoint: cosmos.url,
        database: DATABASE,
        key: cosmos.key,
        endpointDiscovery: false,
        managedIdentityClientId: "",
      }),
  };
}
