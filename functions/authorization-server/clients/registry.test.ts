import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hashOf } from "../sessions/secrets.ts";
import type { RemovableDocuments } from "../store/store.ts";
import { makeClock } from "../testing/clock.ts";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { startStore, type TestStore } from "../testing/store.ts";
import type { ClientDocument } from "./client-document.ts";
import type { DocumentClients } from "./metadata-document/document-clients.ts";
import type { ClientMetadata } from "./registration.ts";
import { type ClientRegistry, clientRegistry } from "./registry.ts";

const DAY = 24 * 3600;
const LIFETIME = 10 * DAY;
const metadata: ClientMetadata = {
  redirect_uris: ["http://localhost:6274/callback"],
  client_name: "Inspector",
  client_uri: "https://inspector.example/",
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};

const published: DocumentClients = {
  find: async (id) => ({
    id,
    name: "Published",
    redirectUris: [],
    grantTypes: [],
    origin: "document",
    useIsWorthNoting: false,
  }),
  authentication: async (id) => ({ method: "private_key_jwt", keys: { jwksUri: `${id}#keys` } }),
};

let store: TestStore;
let registry: ClientRegistry;
let clock = makeClock();

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());
beforeEach(() => {
  clock = makeClock();
  const gateway = resolvedGateway({ lifetimes: { registration: LIFETIME } });
  registry = clientRegistry(gateway, store.open(), clock.now, published);
  store.operations();
});

async function stored(id: string): Promise<ClientDocument> {
  const all = await store.documents();
  return all.find(({ document }) => document["id"] === id)?.document as unknown as ClientDocument;
}

const register = async (what: ClientMetadata) => (await registry.register(what)).document;

describe("register", () => {
  it("CLI-1 stores a registration with one write and gives it an ID of its own", async () => {
    const first = (await registry.register(metadata)).document;
    const second = (await registry.register(metadata)).document;
    expect(store.operations()).toEqual({ "clients create": 2 });
    expect(first.id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(second.id).not.toBe(first.id);
    expect(await stored(first.id)).toMatchObject({
      metadata,
      createdAt: clock.now(),
      lastUsedAt: clock.now(),
    });
  });

  it("CLI-8 lets the store drop it no earlier than it ends", async () => {
    const { id } = await register(metadata);
    expect((await stored(id)).ttl).toBeGreaterThanOrEqual(LIFETIME);
  });
});

describe("find", () => {
  it("knows a registered client from any instance, by one point read", async () => {
    const { id } = await register(metadata);
    const other = clientRegistry(resolvedGateway(), store.open(), clock.now, published);
    store.operations();
    expect(await other.find(id)).toEqual({
      id,
      name: "Inspector",
      uri: "https://inspector.example/",
      redirectUris: metadata.redirect_uris,
      grantTypes: ["authorization_code", "refresh_token"],
      origin: "registered",
      useIsWorthNoting: false,
    });
    expect(store.operations()).toEqual({ "clients read": 1 });
  });

  it("calls a client without a name so", async () => {
    for (const client_name of [undefined, ""]) {
      const { client_name: _, ...rest } = metadata;
      const { id } = await register({ ...rest, ...(client_name === "" ? { client_name } : {}) });
      expect((await registry.find(id))?.name).toBe("An application without a name");
    }
  });

  it("CLI-5 knows a configured client without asking the store", async () => {
    expect(await registry.find("inspector")).toEqual({
      id: "inspector",
      name: "MCP Inspector",
      redirectUris: ["http://localhost:6274/oauth/callback", "https://inspector.example/callback"],
      grantTypes: ["authorization_code", "refresh_token"],
      origin: "configured",
      useIsWorthNoting: false,
      owesClaims: true,
    });
    expect(store.operations()).toEqual({});
  });

  it.each([
    "",
    "x",
    "x".repeat(21),
    "x".repeat(23),
    `${"x".repeat(21)}!`,
    `${"x".repeat(21)}/`,
    `${"x".repeat(22)}\n`,
    "../../../../sessions/x",
    "__proto__",
    "constructor",
  ])("CLI-7 spares the store the malformed ID %j", async (id) => {
    expect(await registry.find(id)).toBeUndefined();
    expect(store.operations()).toEqual({});
  });

  it.each(["https://client.example/client.json", "HTTPS://x", "https:"])(
    "CLI-3 leaves %j to the client's own document, and spares the store",
    async (id) => {
      expect(await registry.find(id)).toMatchObject({ id, origin: "document" });
      expect(store.operations()).toEqual({});
    },
  );

  it("CLI-7 does not know an ID that was never given out", async () => {
    expect(await registry.find("x".repeat(22))).toBeUndefined();
    expect(store.operations()).toEqual({ "clients read": 1 });
  });

  it("CLI-8 SES-3 ends a registration nobody used, to the second, while the store still has it", async () => {
    const { id } = await register(metadata);
    clock.advance(LIFETIME - 1);
    expect(await registry.find(id)).toBeDefined();
    clock.advance(1);
    expect(await registry.find(id)).toBeUndefined();
    expect(await stored(id)).toBeDefined();
  });
});

describe("noteUse", () => {
  it("CLI-8 is worth a write once a day", async () => {
    const { id } = await register(metadata);
    clock.advance(DAY - 1);
    expect((await registry.find(id))?.useIsWorthNoting).toBe(false);
    clock.advance(1);
    expect((await registry.find(id))?.useIsWorthNoting).toBe(true);
    await registry.noteUse(id);
    expect((await registry.find(id))?.useIsWorthNoting).toBe(false);
  });

  it("CLI-8 renews the registration", async () => {
    const { id } = await register(metadata);
    clock.advance(LIFETIME - 1);
    await registry.noteUse(id);
    clock.advance(LIFETIME - 1);
    expect(await registry.find(id)).toBeDefined();
    clock.advance(1);
    expect(await registry.find(id)).toBeUndefined();
  });

  it("CLI-8 takes one read and one write, and no write when another sign-in has noted it", async () => {
    const { id } = await register(metadata);
    clock.advance(DAY);
    store.operations();
    await registry.noteUse(id);
    expect(store.operations()).toEqual({ "clients read": 1, "clients replace": 1 });
    await registry.noteUse(id);
    expect(store.operations()).toEqual({ "clients read": 1 });
  });

  it("notes the use of a short registration before it ends", async () => {
    const short = resolvedGateway({ lifetimes: { registration: 60 } });
    const shortLived = clientRegistry(short, store.open(), clock.now, published);
    const { id } = (await shortLived.register(metadata)).document;
    clock.advance(29);
    expect((await shortLived.find(id))?.useIsWorthNoting).toBe(false);
    clock.advance(1);
    expect((await shortLived.find(id))?.useIsWorthNoting).toBe(true);
  });

  it("SES-4 leaves a concurrent note as it is", async () => {
    const { id } = await register(metadata);
    clock.advance(DAY);
    await Promise.all(Array.from({ length: 5 }, () => registry.noteUse(id)));
    expect((await stored(id)).lastUsedAt).toBe(clock.now());
  });

  it("keeps all else of the registration", async () => {
    const { ttl, createdAt, id } = await register(metadata);
    clock.advance(DAY);
    await registry.noteUse(id);
    expect(await stored(id)).toMatchObject({ id, metadata, createdAt, ttl, lastUsedAt: createdAt + DAY });
  });

  it("does nothing about a client that is gone", async () => {
    await registry.noteUse("x".repeat(22));
    expect(store.operations()).toEqual({ "clients read": 1 });
  });
});

describe("authentication", () => {
  const jwks = { keys: [{ kty: "EC" }] };
  const withKey: ClientMetadata = { ...metadata, token_endpoint_auth_method: "private_key_jwt", jwks };

  it("CLI-1 costs a public client no operation of the store", async () => {
    const { id } = await register(metadata);
    store.operations();
    expect(await registry.authentication(id)).toEqual({ method: "none" });
    expect(store.operations()).toEqual({});
  });

  it("CLI-1 shows in the ID of a registration with a key, which costs one point read", async () => {
    const { id } = await register(withKey);
    expect(id).toMatch(/^k\.[\w-]{22}$/);
    store.operations();
    expect(await registry.authentication(id)).toEqual({ method: "private_key_jwt", keys: { jwks } });
    expect(store.operations()).toEqual({ "clients read": 1 });
    const elsewhere = await register({
      ...metadata,
      token_endpoint_auth_method: "private_key_jwt",
      jwks_uri: "https://client.example/jwks",
    });
    expect(await registry.authentication(elsewhere.id)).toEqual({
      method: "private_key_jwt",
      keys: { jwksUri: "https://client.example/jwks" },
    });
  });

  it("CLI-8 ends with the registration", async () => {
    const { id } = await register(withKey);
    clock.advance(LIFETIME);
    const failure = await failureOf(registry.authentication(id));
    expect(failure).toMatchObject({
      code: "invalid_client",
      description: "The client is not registered here, or its registration has ended.",
    });
    expect(failure.message).toBe("client_unknown");
  });

  it("CLI-3 is what a client's document says", async () => {
    const id = "https://client.example/client.json";
    expect(await registry.authentication(id)).toMatchObject({ keys: { jwksUri: `${id}#keys` } });
  });

  it("CLI-5 is what the operator entered", async () => {
    const client = { name: "C", redirectUris: ["https://c.example/cb"] };
    const secretHash = "h".repeat(43);
    const clients = [
      { ...client, id: "public" },
      { ...client, id: "secret", auth: { secretHash } },
      { ...client, id: "key", auth: { jwksUri: "https://c.example/jwks" } },
      { ...client, id: "keys", auth: { jwks } },
    ];
    const configured = clientRegistry(resolvedGateway({ clients }), store.open(), clock.now, published);
    store.operations();
    expect(await Promise.all(clients.map(({ id }) => configured.authentication(id)))).toEqual([
      { method: "none" },
      { method: "client_secret", secretHash },
      { method: "private_key_jwt", keys: { jwksUri: "https://c.example/jwks" } },
      { method: "private_key_jwt", keys: { jwks } },
    ]);
    expect(store.operations()).toEqual({});
  });

  it.each(["", "nobody", "k.", `k.${"x".repeat(22)}`, `K.${"x".repeat(22)}`, "x".repeat(23)])(
    "CLI-7 is nobody's for the ID %j, so that a client that was taken out of the configuration is not a public one",
    async (id) => {
      await expect(registry.authentication(id)).rejects.toMatchObject({
        code: "invalid_client",
        status: 401,
      });
    },
  );
});

describe("manage", () => {
  const other: ClientMetadata = { ...metadata, client_name: "Renamed" };

  it("CLI-2 stores the registration access token as a hash alone", async () => {
    const { document, managementToken } = await registry.register(metadata);
    expect(managementToken).toMatch(/^[\w-]{43}$/);
    const text = JSON.stringify(await stored(document.id));
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
    clock.advance(LIFETIME);
    expect(await registry.manage(document.id, managementToken)).toBeUndefined();
  });

  it("CLI-2 lets nobody manage a registration without a token", async () => {
    const id = randomBytes(16).toString("base64url");
    const { clients } = store.open();
    await clients.create({ id, metadata, createdAt: clock.now(), lastUsedAt: clock.now(), ttl: LIFETIME });
    for (const token of ["", "undefined"]) expect(await registry.manage(id, token)).toBeUndefined();
  });

  it("CLI-2 CLI-8 replaces the metadata and nothing else, by one write", async () => {
    const { document, managementToken } = await registry.register(metadata);
    clock.advance(DAY);
    const managed = await registry.manage(document.id, managementToken);
    store.operations();
    await managed?.replaceMetadata(other);
    expect(store.operations()).toEqual({ "clients replace": 1 });
    expect(await stored(document.id)).toMatchObject({ ...document, metadata: other });
    expect((await registry.find(document.id))?.name).toBe("Renamed");
  });

  it("SES-4 loses neither the change nor a use that was noted meanwhile", async () => {
    const { document, managementToken } = await registry.register(metadata);
    clock.advance(DAY);
    const managed = await registry.manage(document.id, managementToken);
    await registry.noteUse(document.id);
    await managed?.replaceMetadata(other);
    expect(await stored(document.id)).toMatchObject({ metadata: other, lastUsedAt: clock.now() });
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
    expect((await stored(document.id)).metadata).toEqual(metadata);
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
    expect(await stored(document.id)).toBeUndefined();
  });
});

describe("claims that a sign-in has to satisfy", () => {
  const claims = (value: string) => JSON.stringify({ access_token: { acrs: { value } } });

  it("GW-9 are kept for one person, by one read and one write, and the client's look-up tells of them", async () => {
    const { id } = await register(metadata);
    store.operations();
    await registry.oweClaims(id, "mira", claims("c1"));
    expect(store.operations()).toEqual({ "clients read": 1, "clients replace": 1 });
    expect(await registry.find(id)).toMatchObject({ owesClaims: true });
    store.operations();
    expect(await registry.owedClaims(id, "mira")).toBe(claims("c1"));
    expect(store.operations()).toEqual({ "clients read": 1 });
    expect(await registry.owedClaims(id, "jonas")).toBeUndefined();
  });

  it("GW-9 are forgotten after an hour", async () => {
    const { id } = await register(metadata);
    await registry.oweClaims(id, "mira", claims("c1"));
    clock.advance(3599);
    expect(await registry.owedClaims(id, "mira")).toBeDefined();
    clock.advance(1);
    expect(await registry.owedClaims(id, "mira")).toBeUndefined();
    expect(await registry.find(id)).not.toHaveProperty("owesClaims");
  });

  it("GW-9 are each person's newest, of the four newest people", async () => {
    const { id } = await register(metadata);
    for (const user of ["a", "b", "c", "a", "d", "e"]) await registry.oweClaims(id, user, claims(user));
    await registry.oweClaims(id, "e", claims("newer"));
    const { owedClaims } = await stored(id);
    expect(owedClaims?.map(({ user }) => user)).toEqual(["c", "a", "d", "e"]);
    expect(await registry.owedClaims(id, "e")).toBe(claims("newer"));
  });

  it.each([
    ["the operator entered", "inspector"],
    ["has a document", "https://client.example/document"],
  ])("GW-9 have a record of their own where %s the client, for one person", async (_, id) => {
    expect(await registry.find(id)).toMatchObject({ owesClaims: true });
    await registry.oweClaims(id, "mira", claims("c1"));
    expect(store.operations()).toEqual({ "claims create": 1 });
    expect(await registry.owedClaims(id, "mira")).toBe(claims("c1"));
    expect(store.operations()).toEqual({ "claims read": 1 });
    expect(await registry.owedClaims(id, "jonas")).toBeUndefined();
    expect(await registry.owedClaims("client", "mira")).toBeUndefined();
    await registry.oweClaims(id, "mira", claims("newer"));
    expect(await registry.owedClaims(id, "mira")).toBe(claims("newer"));
    clock.advance(3600);
    expect(await registry.owedClaims(id, "mira")).toBeUndefined();
  });

  it("GW-9 have no record at an unknown client", async () => {
    store.operations();
    await registry.oweClaims("nobody", "mira", claims("c1"));
    expect(store.operations()).toEqual({});
    await registry.oweClaims("x".repeat(22), "mira", claims("c1"));
    expect(store.operations()).toEqual({ "clients read": 1 });
  });
});
