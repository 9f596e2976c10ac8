import { type ContainerName, containers } from "../../functions/authorization-server/store/containers.ts";
import { inContainer } from "./cosmos-container.ts";
import type { TestTwin } from "./twin.ts";

type StoredDocument = Readonly<Record<string, unknown>>;

/**
 * Changes a stored document behind the authorization server's back, as an earlier release may have left it.
 *
 * @throws Error when there is none
 */
export async function changeDocument(
  twin: Pick<TestTwin, "cosmos">,
  name: ContainerName,
  id: string,
  change: (document: StoredDocument) => StoredDocument,
): Promise<void> {
  await inContainer(twin, name, async (container) => {
    const partition = containers[name].partitionKey.slice(1);
    const { resources } = await container.items
      .readAll<{ id: string } & Record<string, unknown>>()
      .fetchAll();
    const document = resources.find((each) => each.id === id);
    if (!document) throw new Error(`no document ${id} in ${name}`);
    await container.item(id, document[partition] as string).replace({ ...change(document), id });
  });
}
