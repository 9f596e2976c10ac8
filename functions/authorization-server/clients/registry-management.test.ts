import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hashOf } from "../crypto/secrets.ts";
import type { RemovableDocuments } from "../store/documents.ts";
import { makeClock } from "../testing/clock.ts";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { DAY, metadata, published, registryOver, stored } from "../testing/registry.ts";
import { startStore, type TestStore } from "../testing/store.ts";
import type { ClientDocument } from "./client-document.ts";
import type { ClientMetadata } from "./registration.ts";
import { type ClientRegistry, clientRegistry } from "./registry.ts";

let store: TestStore;
let registry: ClientRegistry;
let clock = makeClock();
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());
beforeEach(() => {
  clock = makeClock();
  registry = registryOver(store, clock);
  store.operations();
});

describe("manage", () => {
  const other: ClientMetadata = { ...metadata, client_name: "Renamed" };

  it("CLI-2 stores the registration access token as a hash alone", async () => {
    const { document, managementToken } = await registry.register(metadata);
    expect(managementToken).toMatch(/^[\w-]{43}$/);
    const text = JSON.stringify(await stored(store, document.id));
    expect(text).not.toContain(managementToken);
    expect(text).toContain(hashOf(managementToken));
  });

  it("CLI-2 finds a registration by its token from any instance, by one point read", async () => {
    const { document, managementToken } = await registry.register(metadata);
    store.operations();
    expect((await registry.manage(document.id, managementToken))?.document).toMatchObject(document);
    expect(store.operations()).toEqual({ "clients read": 1 });
  });

  it("CLI-2 finds none by another token, another client's, or that of one that has ended", async () => {
    const { document, managementToken } = await registry.register(metadata);
    const another = await registry.register(metadata);
    for (const token of ["", "x", `${managementToken}x`, another.managementToken]) {
      expect(await registry.manage(document.id, token)).toBeUndefined();
    }
    for (const id of ["x".repeat(22), "inspector", "https://client.example/client.json", ""]) {
      expect(await registry.manage(id, managementToken)).toBeUndefined();
    }
    clock.advance(DAY);
    expect(await registry.manage(document.id, managementToken)).toBeUndefined();
  });

  it("CLI-2 lets nobody manage a registration without a token", async () => {
    const id = randomBytes(16).toString("base64url");
    const { clients } = store.open();
    await clients.create({ id, metadata, createdAt: clock.now(), lastUsedAt: clock.now(), ttl: DAY });
    for (const token of ["", "undefined"]) expect(await registry.manage(id, token)).toBeUndefined();
  });

  it("CLI-2 CLI-8 replaces the metadata and nothing else, by one write", async () => {
    const { document, managementToken } = await registry.register(metadata);
    clock.advance(DAY - 1);
    const managed = await registry.manage(document.id, managementToken);
    store.operations();
    await managed?.replaceMetadata(other);
    expect(store.operations()).toEqual({ "clients replace": 1 });
    expect(await stored(store, document.id)).toMatchObject({ ...document, metadata: other });
    expect((await registry.find(document.id))?.name).toBe("Renamed");
  });

  it("SES-4 loses neither the change nor a use that was noted meanwhile", async () => {
    const { document, managementToken } = await registry.register(metadata);
    clock.advance(DAY - 1);
    const managed = await registry.manage(document.id, managementToken);
    await registry.noteUse(document.id);
    await managed?.replaceMetadata(other);
    expect(await stored(store, document.id)).toMatchObject({ metadata: other, lastUsedAt: clock.now() });
  });

  it("SES-4 gives up on a registration that keeps changing", async () => {
    const { document, managementToken } = await registry.register(metadata);
    const { clients, claims } = store.open();
    let attempts = 0;
    const contended: RemovableDocuments<ClientDocument> = {
      create: (created) => clients.create(created),
      read: (id, partition) => clients.read(id, partition),
      remove: (id, partition) => clients.remove(id, partition),
      replace: async () => {
        attempts += 1;
        return undefined;
      },
    };
    const contendedStore = { clients: contended, claims };
    const managed = await clientRegistry(resolvedGateway(), contendedStore, clock.now, published).manage(
      document.id,
      managementToken,
    );
    const failure = await failureOf(Promise.resolve(managed?.replaceMetadata(other)));
    expect(failure).toMatchObject({ name: "StoreError", kind: "unavailable" });
    expect(failure.cause).toMatchObject({ message: "the registration kept changing" });
    expect(attempts).toBe(5);
    expect((await stored(store, document.id)).metadata).toEqual(metadata);
  });

  it("CLI-2 ends a registration, once and for all", async () => {
    const { document, managementToken } = await registry.register(metadata);
    const managed = await registry.manage(document.id, managementToken);
    store.operations();
    await managed?.remove();
    expect(store.operations()).toEqual({ "clients delete": 1 });
    await managed?.remove();
    expect(await managed?.replaceMetadata(other)).toBeUndefined();
    expect(await registry.find(document.id)).toBeUndefined();
    expect(await registry.manage(document.id, managementToken)).toBeUndefined();
    expect(await stored(store, document.id)).toBeUndefined();
  });
});
