import { type Container, CosmosClient } from "@azure/cosmos";
import { ManagedIdentityCredential } from "@azure/identity";
import { attempt } from "../resilience/attempts.ts";
import type { Circuit } from "../resilience/circuit.ts";
import type { SessionDocument, SessionSummary } from "../sessions/session-document.ts";
import type { ContainerName } from "./containers.ts";
import { isOutage, pauseAfter, statusOf, throttledFor, wasNotMade } from "./cosmos-errors.ts";
import { type RemovableDocuments, type Stored, StoreError } from "./documents.ts";
import type { SessionDocuments, Store } from "./store.ts";

export interface CosmosSettings {
  readonly endpoint: string;
  readonly database: string;
  /** Only an emulator has one; an account in Azure takes the managed identity. */
  readonly key?: string | undefined;
  /** Whether to ask the account for its regions. */
  readonly endpointDiscovery: boolean;
  readonly managedIdentityClientId: string;
  /** Every operation goes through it. */
  readonly circuit: Circuit;
  /** Milliseconds for one operation with all its retries; 6,000 when left out. */
  readonly timeout?: number;
}

/**
 * The client library retries reads after a lost connection and after a timeout for minutes, and waits out throttling however long that
 * takes. So this store limits the time of each operation and makes its own attempts.
 */
const OPERATION_TIMEOUT_MS = 6_000;
const REQUEST_TIMEOUT_MS = 3_000;
const ATTEMPTS = 6;

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
      retryOptions: { maxRetryAttemptCount: 0 },
    },
  });
  const database = client.database(settings.database);
  const total = settings.timeout ?? OPERATION_TIMEOUT_MS;
  const asking = { circuit: settings.circuit, attempts: ATTEMPTS, total, isOutage, pauseAfter };
  const inTime: InTime = (operation) => attempt(asking, operation);
  const container = <T extends { readonly id: string }>(
    name: ContainerName,
    partition: (document: T) => string,
  ) => new CosmosDocuments<T>(database.container(name), partition, inTime);
  return {
    claims: container("claims", (owed) => owed.user),
    clients: container("clients", (client) => client.id),
    keys: container("keys", (keys) => keys.id),
    sessions: new CosmosSessions(database.container("sessions"), (session) => session.user, inTime),
  };
}

type InTime = <R>(operation: (abortSignal: AbortSignal) => Promise<R>) => Promise<R>;

class CosmosDocuments<T extends { readonly id: string }> implements RemovableDocuments<T> {
  protected readonly container: Container;
  readonly #partition: (document: T) => string;
  protected readonly inTime: InTime;

  constructor(container: Container, partition: (document: T) => string, inTime: InTime) {
    this.container = container;
    this.#partition = partition;
    this.inTime = inTime;
  }

  async create(document: T): Promise<Stored<T>> {
    try {
      const { etag } = await this.inTime((abortSignal) =>
        this.container.items.create(document, { abortSignal }),
      );
      return { document, etag };
    } catch (error) {
      throw statusOf(error) === 409 ? new StoreError("conflict", { cause: error }) : unavailable(error);
    }
  }

  async read(id: string, partition: string): Promise<Stored<T> | undefined> {
    try {
      const { resource, etag } = await this.inTime((abortSignal) =>
        this.container.item(id, partition).read({ abortSignal }),
      );
      return resource ? { document: withoutNulls(resource as T), etag } : undefined;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw unavailable(error);
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
      throw unavailable(error);
    }
  }

  async remove(id: string, partition: string): Promise<void> {
    try {
      await this.inTime((abortSignal) => this.container.item(id, partition).delete({ abortSignal }));
    } catch (error) {
      if (statusOf(error) !== 404) throw unavailable(error);
    }
  }
}

/** What a list shows of a session: nothing sealed or hashed leaves the store for it. */
const LIVE_SESSIONS = `SELECT c.id, c.client, c.servers, c.scopes, c.createdAt, c.lastUsedAt, c.endsAt,
  c.refresh.expiresAt AS refreshEndsAt
  FROM c WHERE c.user = @user AND NOT IS_DEFINED(c.revoked) AND c.endsAt > @now`;

class CosmosSessions extends CosmosDocuments<SessionDocument> implements SessionDocuments {
  async listLive(user: string, now: number, limit: number, client?: string) {
    const query = {
      query: client === undefined ? LIVE_SESSIONS : `${LIVE_SESSIONS} AND c.client.id = @client`,
      parameters: [
        { name: "@user", value: user },
        { name: "@now", value: now },
        ...(client === undefined ? [] : [{ name: "@client", value: client }]),
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
        return { sessions: sessions.slice(0, limit).map(withoutNulls), more: sessions.length > limit };
      });
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function unavailable(error: unknown): StoreError {
  return new StoreError("unavailable", {
    cause: error,
    retryAfter: throttledFor(error),
    notMade: wasNotMade(error),
  });
}

/**
 * Leaves out members that are null, however deep. We write no null, but a database may answer it for a member that is absent, as in a
 * query that names each member: Cosmos DB leaves those out, and other implementations of its API do not. Our types know absent ones alone.
 */
function withoutNulls<T>(value: T): T {
  if (!hasNull(value)) return value;
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)])) as T;
}

/** Most documents have none, and then nothing is copied. */
function hasNull(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.values(value).some(hasNull));
}
