import { type Container, CosmosClient } from "@azure/cosmos";
import { setting } from "./report.ts";

/** Where the other servers' records are: in the same Cosmos DB, through the same SDK. `p` is the partition key. */
export const PEERS_CONTAINER = "peers";

export function peersContainer(): Container {
  const client = new CosmosClient({
    endpoint: setting("COSMOS_ENDPOINT"),
    key: setting("COSMOS_KEY"),
    connectionPolicy: { enableEndpointDiscovery: false, enableBackgroundEndpointRefreshing: false },
  });
  return client.database(setting("COSMOS_DATABASE")).container(PEERS_CONTAINER);
}

/** Cosmos DB refuses `/`, `\`, `?` and `#` in an ID. */
export function idOf(key: string): string {
  return key.replace(/[/\\?#]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
