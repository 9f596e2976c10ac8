import type { Container } from "@azure/cosmos";
import { idOf } from "./cosmos.ts";

interface Stored {
  readonly payload: Record<string, unknown>;
}

/** oidc-provider's adapter on Cosmos DB: each record is a document, read by its ID. */
export function oidcAdapter(container: Container) {
  return class CosmosAdapter {
    readonly #model: string;

    constructor(model: string) {
      this.#model = model;
    }

    #key(id: string): string {
      return idOf(`${this.#model}:${id}`);
    }

    async upsert(id: string, payload: object, expiresIn?: number) {
      const key = this.#key(id);
      await container.items.upsert({ id: key, p: key, payload, ...(expiresIn ? { ttl: expiresIn } : {}) });
    }

    async find(id: string) {
      const key = this.#key(id);
      const { resource } = await container.item(key, key).read<Stored>();
      return resource?.payload;
    }

    async consume(id: string) {
      const key = this.#key(id);
      const value = Math.floor(Date.now() / 1000);
      await container.item(key, key).patch([{ op: "set", path: "/payload/consumed", value }]);
    }

    async destroy(id: string) {
      const key = this.#key(id);
      await container
        .item(key, key)
        .delete()
        .catch((error: { code?: unknown }) => {
          if (error.code !== 404) throw error;
        });
    }

    async findByUid(uid: string) {
      return (await this.#where("uid", uid))[0]?.payload;
    }

    async revokeByGrantId(grantId: string) {
      const found = await this.#where("grantId", grantId);
      await Promise.all(found.map(({ id }) => container.item(id, id).delete()));
    }

    async #where(member: string, value: string) {
      const query = {
        query: `SELECT * FROM c WHERE c.payload.${member} = @value`,
        parameters: [{ name: "@value", value }],
      };
      const { resources } = await container.items.query<Stored & { id: string }>(query).fetchAll();
      return resources;
    }
  };
}
