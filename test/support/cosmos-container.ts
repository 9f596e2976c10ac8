import { type Container, CosmosClient } from "@azure/cosmos";
import type { ContainerName } from "../../functions/authorization-server/store/containers.ts";
import type { TestTwin } from "./twin.ts";

const DATABASE = "gateway";

/** Works on a container of a twin's database, past the authorization server. */
export async function inContainer(
  { cosmos }: Pick<TestTwin, "cosmos">,
  name: ContainerName,
  work: (container: Container) => Promise<void>,
): Promise<void> {
  const client = new CosmosClient({
    endpoint: cosmos.url,
    key: cosmos.key,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  try {
    await work(client.database(DATABASE).container(name));
  } finally {
    client.dispose();
  }
}
