import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hashOf } from "../crypto/secrets.ts";
import { makeClock } from "../testing/clock.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { DAY, LIFETIME, metadata, published, register, registryOver, stored } from "../testing/registry.ts";
import { startStore, type TestStore } from "../testing/store.ts";
import type { ClientDocument } from "./client-document.ts";
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

describe("register", () => {
  it("CLI-1 stores a registration with one write and gives it an ID of its own", async () => {
    const first = (await registry.register(metadata)).document;
    const second = (await registry.register(metadata)).document;
    expect(store.operations()).toEqual({ "clients create": 2 });
    expect(first.id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(second.id).not.toBe(first.id);
    expect(await stored(store, first.id)).toMatchObject({
      metadata,
      createdAt: clock.now(),
      lastUsedAt: clock.now(),
    });
  });

  it("CLI-8 CLI-14 lets the store drop it no earlier than it ends", async () => {
    const { id } = await register(registry, metadata);
    expect((await stored(store, id)).ttl).toBe(2 * DAY);
    await registry.noteUse(id);
    expect((await stored(store, id)).ttl).toBeGreaterThanOrEqual(LIFETIME);
  });

  it.each(["none", "private_key_jwt"] as const)(
    "CLI-11 gives no secret to a client that registers %s",
    async (method) => {
      const registered = await registry.register({ ...metadata, token_endpoint_auth_method: method });
      expect(registered).not.toHaveProperty("secret");
      expect(await stored(store, registered.document.id)).not.toHaveProperty("secretHash");
    },
  );

  it.each(["client_secret_basic", "client_secret_post"] as const)(
    "CLI-11 gives a client that registers %s a secret of its own, and stores its hash alone",
    async (method) => {
      const asking = { ...metadata, token_endpoint_auth_method: method };
      const { document, secret = "" } = await registry.register(asking);
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect((await registry.register(asking)).secret).not.toBe(secret);
      expect(document.id).toMatch(/^s\.[\w-]{22}$/);
      const text = JSON.stringify(await stored(store, document.id));
      expect(text).not.toContain(secret);
      expect(text).toContain(hashOf(secret));
    },
  );
});

describe("find", () => {
  it("knows a registered client from any instance, by one point read", async () => {
    const { id } = await register(registry, metadata);
    const other = clientRegistry(resolvedGateway(), store.open(), clock.now, published);
    store.operations();
    expect(await other.find(id)).toEqual({
      id,
      name: "Inspector",
      redirectUris: metadata.redirect_uris,
      grantTypes: ["authorization_code", "refresh_token"],
      origin: "registered",
      useIsWorthNoting: true,
    });
    expect(store.operations()).toEqual({ "clients read": 1 });
  });

  it("CON-6 leaves out the website that a registered client names, which nobody verified", async () => {
    const { id } = await register(registry, {
      ...metadata,
      client_uri: "https://login.microsoftonline.com/",
    });
    expect(JSON.stringify(await registry.find(id))).not.toContain("microsoftonline");
  });

  it("calls a client without a name so", async () => {
    for (const client_name of [undefined, ""]) {
      const { client_name: _, ...rest } = metadata;
      const { id } = await register(registry, { ...rest, ...(client_name === "" ? { client_name } : {}) });
      expect((await registry.find(id))?.name).toBe("An application without a name");
    }
  });

  it("CON-2 shows the beginning of a long name", async () => {
    const { document } = await registry.register({ ...metadata, client_name: "x".repeat(256) });
    expect((await registry.find(document.id))?.name).toBe(`${"x".repeat(119)}…`);
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

  it("CLI-14 SES-3 ends a registration with which nobody ever signed in after a day, to the second", async () => {
    const { id } = await register(registry, metadata);
    clock.advance(DAY - 1);
    expect(await registry.find(id)).toMatchObject({ useIsWorthNoting: true });
    clock.advance(1);
    expect(await registry.find(id)).toBeUndefined();
    expect(await stored(store, id)).toBeDefined();
  });

  it("CLI-14 ends one earlier where the operator has every registration end earlier", async () => {
    const gateway = resolvedGateway({ lifetimes: { registration: 60 } });
    const short = clientRegistry(gateway, store.open(), clock.now, published);
    const { id } = (await short.register(metadata)).document;
    clock.advance(59);
    expect(await short.find(id)).toBeDefined();
    clock.advance(1);
    expect(await short.find(id)).toBeUndefined();
  });

  it("CLI-14 keeps one that an earlier release stored, which did not say whether anybody had signed in", async () => {
    const { id } = await register(registry, metadata);
    const { clients } = store.open();
    const { document, etag } = (await clients.read(id, id)) ?? {};
    const { unusedUntil: _, ...earlier } = document as ClientDocument;
    await clients.replace(earlier, etag ?? "");
    clock.advance(LIFETIME - 1);
    expect(await registry.find(id)).toBeDefined();
    clock.advance(1);
    expect(await registry.find(id)).toBeUndefined();
  });

  it("CLI-8 SES-3 ends a registration nobody used any more, to the second, while the store still has it", async () => {
    const { id } = await register(registry, metadata);
    await registry.noteUse(id);
    clock.advance(LIFETIME - 1);
    expect(await registry.find(id)).toBeDefined();
    clock.advance(1);
    expect(await registry.find(id)).toBeUndefined();
    expect(await stored(store, id)).toBeDefined();
  });
});

describe("noteUse", () => {
  it("CLI-14 is worth a write the first time, and then no more that day", async () => {
    const { id } = await register(registry, metadata);
    expect((await registry.find(id))?.useIsWorthNoting).toBe(true);
    await registry.noteUse(id);
    expect((await registry.find(id))?.useIsWorthNoting).toBe(false);
    store.operations();
    await registry.noteUse(id);
    expect(store.operations()).toEqual({ "clients read": 1 });
  });

  it("CLI-8 is worth a write once a day", async () => {
    const { id } = await register(registry, metadata);
    await registry.noteUse(id);
    clock.advance(DAY - 1);
    expect((await registry.find(id))?.useIsWorthNoting).toBe(false);
    clock.advance(1);
    expect((await registry.find(id))?.useIsWorthNoting).toBe(true);
    await registry.noteUse(id);
    expect((await registry.find(id))?.useIsWorthNoting).toBe(false);
  });

  it("CLI-14 renews a registration that was about to end unused", async () => {
    const { id } = await register(registry, metadata);
    clock.advance(DAY);
    await registry.noteUse(id);
    clock.advance(LIFETIME - 1);
    expect(await registry.find(id)).toBeDefined();
  });

  it("CLI-8 renews the registration", async () => {
    const { id } = await register(registry, metadata);
    await registry.noteUse(id);
    clock.advance(LIFETIME - 1);
    await registry.noteUse(id);
    clock.advance(LIFETIME - 1);
    expect(await registry.find(id)).toBeDefined();
    clock.advance(1);
    expect(await registry.find(id)).toBeUndefined();
  });

  it("CLI-8 takes one read and one write, and no write when another sign-in has noted it", async () => {
    const { id } = await register(registry, metadata);
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
    await shortLived.noteUse(id);
    clock.advance(29);
    expect((await shortLived.find(id))?.useIsWorthNoting).toBe(false);
    clock.advance(1);
    expect((await shortLived.find(id))?.useIsWorthNoting).toBe(true);
  });

  it("SES-4 leaves a concurrent note as it is", async () => {
    const { id } = await register(registry, metadata);
    clock.advance(DAY);
    await Promise.all(Array.from({ length: 5 }, () => registry.noteUse(id)));
    expect((await stored(store, id)).lastUsedAt).toBe(clock.now());
  });

  it("keeps all else of the registration", async () => {
    const { createdAt, managementTokenHash, id } = await register(registry, metadata);
    clock.advance(DAY);
    await registry.noteUse(id);
    const { ttl, ...document } = await stored(store, id);
    expect(ttl).toBe(LIFETIME + DAY);
    expect(document).toMatchObject({
      id,
      metadata,
      managementTokenHash,
      createdAt,
      lastUsedAt: createdAt + DAY,
    });
    expect(document).not.toHaveProperty("unusedUntil");
  });

  it("does nothing about a client that is gone", async () => {
    await registry.noteUse("x".repeat(22));
    expect(store.operations()).toEqual({ "clients read": 1 });
  });
});
