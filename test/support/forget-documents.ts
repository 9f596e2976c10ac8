import { type ContainerName, containers } from "../../functions/authorization-server/store/containers.ts";
import { inContainer } from "./cosmos-container.ts";
import type { TestTwin } from "./twin.ts";

/** Deletes every document of a container behind the authorization server's back, as a restored or lost database would. */
export async function forgetDocuments(twin: Pick<TestTwin, "cosmos">, name: ContainerName): Promise<void> {
  await inContainer(twin, name, async (container) => {
    const partition = containers[name].partitionKey.slice(1);
    const { resources } = await container.items.readAll<{ id: string } & Record<string, string>>().fetchAll();
    for (const document of resources) await container.item(document.id, document[partition]).delete();
  });
}
