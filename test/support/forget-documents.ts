import { CosmosClient } from "@azure/cosmos";
import { type ContainerName, containers } from "../../functions/authorization-server/store/containers.ts";
import type { TestTwin } from "./twin.ts";

const DATABASE = "gateway";

/** Deletes every document of a container behind the authorization server's back, as a restored or lost database would. */
export async function forgetDocuments(
  { cosmos }: Pick<TestTwin, "cosmos">,
  name: ContainerName,
): Promise<void> {
  const client = new CosmosClient({
    endpoint: cosmos.url,
    key: cosmos.key,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  try {
    const container = client.database(DATABASE).container(name);
    const partition = containers[name].partitionKey.slice(1);
    const { resources } = await container.items.readAll<{ id: string } & Record<string, string>>().fetchAll();
    for (const document of resources) await container.item(document.id, document[partition]).delete();
  } finally {
    client.dispose();
  }
}
