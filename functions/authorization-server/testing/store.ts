import { CosmosClient } from "@azure/cosmos";
import { startCosmos } from "../../../local/cosmos/start.ts";
import type { StoredDocument } from "../../../local/cosmos/stored-documents.ts";
import { containers } from "../store/containers.ts";
import { cosmosStore } from "../store/cosmos.ts";
import { type Documents, type Store, type Stored, StoreError } from "../store/store.ts";

const DATABASE = "gateway";

export interface TestStore {
  /** The store as one more instance of the app opens it. */
  open(): Store;
  /** What is stored, as it lies there. */
  documents(): Promise<readonly StoredDocument[]>;
  /** Point operations since the last call, by `<container> <kind>`. */
  operations(): Record<string, number>;
  stop(): Promise<void>;
}

/** Cosmos DB with the containers of the authorization server, empty. */
export async function startStore(): Promise<TestStore> {
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
    open: () =>
      cosmosStore({
        endpoint: cosmos.url,
        database: DATABASE,
        key: cosmos.key,
        endpointDiscovery: false,
        managedIdentityClientId: "none",
      }),
    documents: () => cosmos.documents(),
    operations: () => {
      const { metadata: _, ...operations } = cosmos.operations();
      cosmos.resetOperations();
      return operations;
    },
    stop: () => cosmos.stop(),
  };
}

/**
 * Documents in which another writer comes between: `meddle` runs once, after the next read that finds something and
 * before its reader can write. And whose next write, once, does not answer: `lose` says whether it is made all the same.
 */
export class MeddledDocuments<T> implements Documents<T> {
  meddle: ((read: Stored<T>) => Promise<unknown>) | undefined;
  lose: "the answer" | "the write" | undefined;
  readonly #documents: Documents<T>;

  constructor(documents: Documents<T>) {
    this.#documents = documents;
  }

  create(document: T): Promise<Stored<T>> {
    return this.#documents.create(document);
  }

  async read(id: string, partition: string): Promise<Stored<T> | undefined> {
    const stored = await this.#documents.read(id, partition);
    const { meddle } = this;
    if (stored && meddle) {
      this.meddle = undefined;
      await meddle(stored);
    }
    return stored;
  }

  async replace(document: T, etag: string): Promise<Stored<T> | undefined> {
    const { lose } = this;
    this.lose = undefined;
    const written = lose === "the write" ? undefined : await this.#documents.replace(document, etag);
    if (lose) throw new StoreError("unavailable", { cause: new Error("timeout") });
    return written;
  }
}
