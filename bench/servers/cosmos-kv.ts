import type { Container } from "@azure/cosmos";
import { idOf } from "./cosmos.ts";

interface PutOptions {
  readonly expirationTtl?: number;
  readonly metadata?: unknown;
}

/** Workers KV as workers-oauth-provider uses it, on Cosmos DB: each key is a document, and a person's grants share a partition. */
export function cosmosKv(container: Container) {
  return {
    async get(key: string, options?: { type?: string }) {
      const { resource } = await container.item(idOf(key), partitionOf(key)).read<{ value: string }>();
      if (!resource) return null;
      return options?.type === "json" ? JSON.parse(resource.value) : resource.value;
    },
    async put(key: string, value: string, { expirationTtl, metadata }: PutOptions = {}) {
      await container.items.upsert({
        id: idOf(key),
        p: partitionOf(key),
        value,
        ...(metadata === undefined ? {} : { metadata }),
        ...(expirationTtl === undefined ? {} : { ttl: Math.ceil(expirationTtl) }),
      });
    },
    async delete(key: string) {
      await container.item(idOf(key), partitionOf(key)).delete().catch(unlessMissing);
    },
    async list({ prefix }: { prefix: string }) {
      const query = {
        query: "SELECT c.id, c.metadata FROM c WHERE c.p = @p",
        parameters: [{ name: "@p", value: partitionOf(prefix) }],
      };
      const pages = container.items.query<{ id: string; metadata?: unknown }>(query, {
        partitionKey: partitionOf(prefix),
      });
      const { resources } = await pages.fetchAll();
      const keys = resources
        .filter(({ id }) => id.startsWith(idOf(prefix)))
        .map(({ id, metadata }) => ({ name: id, metadata }));
      return { keys, list_complete: true };
    },
  };
}

/** `grant:<user>:<id>` lies with the user's other grants; a point read needs no more than the key. */
function partitionOf(key: string): string {
  return key.startsWith("grant:") ? key.split(":", 2).join(":") : key;
}

function unlessMissing(error: { code?: unknown }): void {
  if (error.code !== 404) throw error;
}
