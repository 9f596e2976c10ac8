import { type Container, CosmosClient, ErrorResponse, TimeoutError } from "@azure/cosmos";
import { ManagedIdentityCredential } from "@azure/identity";
import type { ContainerName } from "./containers.ts";
import { type Documents, type Store, type Stored, StoreError } from "./store.ts";

export interface CosmosSettings {
  readonly endpoint: string;
  readonly database: string;
  /** Only an emulator has one; an account in Azure takes the managed identity. */
  readonly key?: string | undefined;
  /** Whether to ask the account for its regions. */
  readonly endpointDiscovery: boolean;
  readonly managedIdentityClientId: string;
}

/** One attempt's limit; together with the retries below an operation ends within about 10 seconds. */
const REQUEST_TIMEOUT_MS = 5_000;
const THROTTLING_RETRIES = 5;
const THROTTLING_PATIENCE_SECONDS = 4;

/** A store in Cosmos DB. Nothing is sent before the first operation. */
export function cosmosStore(settings: CosmosSettings): Store {
  const client = new CosmosClient({
    endpoint: settings.endpoint,
    ...(settings.key
      ? { key: settings.key }
      : { aadCredentials: new ManagedIdentityCredential({ clientId: settings.managedIdentityClientId }) }),
    connectionPolicy: {
      requestTimeout: REQUEST_TIMEOUT_MS,
      enableEndpointDiscovery: settings.endpointDiscovery,
      enableBackgroundEndpointRefreshing: false,
      retryOptions: {
        maxRetryAttemptCount: THROTTLING_RETRIES,
        fixedRetryIntervalInMilliseconds: 0,
        maxWaitTimeInSeconds: THROTTLING_PATIENCE_SECONDS,
      },
    },
  });
  const database = client.database(settings.database);
  const container = <T extends { readonly id: string }>(
    name: ContainerName,
    partition: (document: T) => string,
  ) => new CosmosDocuments<T>(database.container(name), partition);
  return {
    clients: container("clients", (client) => client.id),
    keys: container("keys", (keys) => keys.id),
    sessions: container("sessions", (session) => session.user),
  };
}

class CosmosDocuments<T extends { readonly id: string }> implements Documents<T> {
  readonly #container: Container;
  readonly #partition: (document: T) => string;

  constructor(container: Container, partition: (document: T) => string) {
    this.#container = container;
    this.#partition = partition;
  }

  async create(document: T): Promise<Stored<T>> {
    try {
      const { etag } = await this.#container.items.create(document);
      return { document, etag };
    } catch (error) {
      throw new StoreError(statusOf(error) === 409 ? "conflict" : "unavailable", { cause: error });
    }
  }

  async read(id: string, partition: string): Promise<Stored<T> | undefined> {
    try {
      const { resource, etag } = await this.#container.item(id, partition).read();
      return resource ? { document: resource as T, etag } : undefined;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw new StoreError("unavailable", { cause: error });
    }
  }

  async replace(document: T, etag: string): Promise<Stored<T> | undefined> {
    try {
      const written = await this.#container
        .item(document.id, this.#partition(document))
        .replace(document, { accessCondition: { type: "IfMatch", condition: etag } });
      return { document, etag: written.etag };
    } catch (error) {
      const status = statusOf(error);
      if (status === 412 || status === 404) return undefined;
      throw new StoreError("unavailable", { cause: error });
    }
  }
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof ErrorResponse) return Number(error.code);
  if (error instanceof TimeoutError) return 408;
  return undefined;
}
