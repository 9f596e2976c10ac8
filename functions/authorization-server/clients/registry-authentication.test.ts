import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasHash, hashOf } from "../crypto/secrets.ts";
import { makeClock } from "../testing/clock.ts";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { DAY, metadata, published, register, registryOver } from "../testing/registry.ts";
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

describe("authentication", () => {
  const jwks = { keys: [{ kty: "EC" }] };
  const withKey: ClientMetadata = { ...metadata, token_endpoint_auth_method: "private_key_jwt", jwks };

  it("CLI-1 costs a public client no operation of the store", async () => {
    const { id } = await register(registry, metadata);
    store.operations();
    expect(await registry.authentication(id)).toEqual({ method: "none" });
    expect(store.operations()).toEqual({});
  });

  it("CLI-1 shows in the ID of a registration with a key, which costs one point read", async () => {
    const { id } = await register(registry, withKey);
    expect(id).toMatch(/^k\.[\w-]{22}$/);
    store.operations();
    expect(await registry.authentication(id)).toEqual({ method: "private_key_jwt", keys: { jwks } });
    expect(store.operations()).toEqual({ "clients read": 1 });
    const elsewhere = await register(registry, {
      ...metadata,
      token_endpoint_auth_method: "private_key_jwt",
      jwks_uri: "https://client.example/jwks",
    });
    expect(await registry.authentication(elsewhere.id)).toEqual({
      method: "private_key_jwt",
      keys: { jwksUri: "https://client.example/jwks" },
    });
  });

  it.each(["client_secret_basic", "client_secret_post"] as const)(
    "CLI-11 is by the secret that a registration for %s got, in that way, which costs one point read",
    async (method) => {
      const asking = { ...metadata, token_endpoint_auth_method: method };
      const { document, secret = "" } = await registry.register(asking);
      store.operations();
      expect(await registry.authentication(document.id)).toEqual({
        method: "client_secret",
        secretHash: hashOf(secret),
        way: method,
      });
      expect(store.operations()).toEqual({ "clients read": 1 });
    },
  );

  it("CLI-11 is by no secret where the registration lost its hash", async () => {
    const asking = { ...metadata, token_endpoint_auth_method: "client_secret_post" } as const;
    const { id } = await register(registry, asking);
    const { clients } = store.open();
    const { document, etag } = (await clients.read(id, id)) ?? {};
    const { secretHash: _, ...without } = document as ClientDocument;
    await clients.replace(without, etag ?? "");
    const { secretHash } = (await registry.authentication(id)) as { secretHash: string };
    for (const secret of ["", "undefined"]) expect(hasHash(secret, secretHash)).toBe(false);
  });

  it.each([["with a key"], ["with a secret"]])(
    "CLI-8 CLI-14 ends with the registration %s",
    async (which) => {
      const withSecret: ClientMetadata = { ...metadata, token_endpoint_auth_method: "client_secret_basic" };
      const { id } = await register(registry, which === "with a key" ? withKey : withSecret);
      clock.advance(DAY);
      const failure = await failureOf(registry.authentication(id));
      expect(failure).toMatchObject({
        code: "invalid_client",
        description: "The client is not registered here, or its registration has ended.",
      });
      expect(failure.message).toBe("client_unknown");
    },
  );

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

  it.each([
    "",
    "nobody",
    "k.",
    `k.${"x".repeat(22)}`,
    `K.${"x".repeat(22)}`,
    `s.${"x".repeat(22)}`,
    "x".repeat(23),
  ])(
    "CLI-7 is nobody's for the ID %j, so that a client that was taken out of the configuration is not a public one",
    async (id) => {
      await expect(registry.authentication(id)).rejects.toMatchObject({
        code: "invalid_client",
        status: 401,
      });
    },
  );
});
