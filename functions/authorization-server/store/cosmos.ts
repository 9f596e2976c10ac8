import { type Container, CosmosClient, ErrorResponse } from "@azure/cosmos";
import { ManagedIdentityCredential } from "@azure/identity";
import type { SessionDocument, SessionSummary } from "../sessions/session-document.ts";
import type { ContainerName } from "./containers.ts";
import {
  type RemovableDocuments,
  type SessionDocuments,
  type Store,
  type Stored,
  StoreError,
} from "./store.ts";

export interface CosmosSettings {
  readonly endpoint: string;
  readonly database: string;
  /** Only an emulator has one; an account in Azure takes the managed identity. */
  readonly key?: string | undefined;
  /** Whether to ask the account for its regions. */
  readonly endpointDiscovery: boolean;
  readonly managedIdentityClientId: string;
  /** Milliseconds for one operation with all its retries; 10,000 when left out. */
  readonly timeout?: number;
}

/** The client library goes on for minutes by itself where an endpoint does not answer. */
const OPERATION_TIMEOUT_MS = 10_000;
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
  ) => new CosmosDocuments<T>(database.container(name), partition, settings.timeout ?? OPERATION_TIMEOUT_MS);
  return {
    clients: container("clients", (client) => client.id),
    keys: container("keys", (keys) => keys.id),
    sessions: new CosmosSessions(
      database.container("sessions"),
      (session) => session.user,
      settings.timeout ?? OPERATION_TIMEOUT_MS,
    ),
  };
}

class CosmosDocuments<T extends { readonly id: string }> implements RemovableDocuments<T> {
  protected readonly container: Container;
  readonly #partition: (document: T) => string;
  readonly #timeout: number;

  constructor(container: Container, partition: (document: T) => string, timeout: number) {
    this.container = container;
    this.#partition = partition;
    this.#timeout = timeout;
  }

  async create(document: T): Promise<Stored<T>> {
    try {
      const { etag } = await this.inTime((abortSignal) =>
        this.container.items.create(document, { abortSignal }),
      );
      return { document, etag };
    } catch (error) {
      throw new StoreError(statusOf(error) === 409 ? "conflict" : "unavailable", { cause: error });
    }
  }

  async read(id: string, partition: string): Promise<Stored<T> | undefined> {
    try {
      const { resource, etag } = await this.inTime((abortSignal) =>
        this.container.item(id, partition).read({ abortSignal }),
      );
      return resource ? { document: resource as T, etag } : undefined;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw new StoreError("unavailable", { cause: error });
    }
  }

  async replace(document: T, etag: string): Promise<Stored<T> | undefined> {
    try {
      const written = await this.inTime((abortSignal) =>
        this.container
          .item(document.id, this.#partition(document))
          .replace(document, { accessCondition: { type: "IfMatch", condition: etag }, abortSignal }),
      );
      return { document, etag: written.etag };
    } catch (error) {
      const status = statusOf(error);
      if (status === 412 || status === 404) return undefined;
      throw new StoreError("unavailable", { cause: error });
    }
  }

  async remove(id: string, partition: string): Promise<void> {
    try {
      await this.inTime((abortSignal) => this.container.item(id, partition).delete({ abortSignal }));
    } catch (error) {
      if (statusOf(error) !== 404) throw new StoreError("unavailable", { cause: error });
    }
  }

  /** What the library asks for by itself, such as the account's regions, heeds no signal; hence the race. */
  protected async inTime<R>(operation: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const signal = AbortSignal.timeout(this.#timeout);
    const late = Promise.withResolvers<never>();
    const stop = () => late.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await Promise.race([operation(signal), late.promise]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}

/** What a list shows of a session: nothing sealed or hashed leaves the store for it. */
const LIVE_SESSIONS = `SELECT c.id, c.client, c.servers, c.scopes, c.createdAt, c.lastUsedAt, c.endsAt,
  c.refresh.expiresAt AS refreshEndsAt
  FROM c WHERE c.user = @user AND NOT IS_DEFINED(c.revoked) AND c.endsAt > @now`;

class CosmosSessions extends CosmosDocuments<SessionDocument> implements SessionDocuments {
  async listLive(user: string, now: number, limit: number) {
    const query = {
      query: LIVE_SESSIONS,
      parameters: [
        { name: "@user", value: user },
        { name: "@now", value: now },
      ],
    };
    try {
      return await this.inTime(async (abortSignal) => {
        const pages = this.container.items.query<SessionSummary>(query, {
          partitionKey: user,
          maxItemCount: limit + 1,
          // The person's key alone is indexed.
          enableScanInQuery: true,
          abortSignal,
        });
        const sessions: SessionSummary[] = [];
        while (sessions.length <= limit && pages.hasMoreResults()) {
          sessions.push(...(await pages.fetchNext()).resources);
        }
        return { sessions: sessions.slice(0, limit), more: sessions.length > limit };
      });
    } catch (error) {
      throw new StoreError("unavailable", { cause: error });
    }
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof ErrorResponse ? Number(error.code) : undefined;
}
