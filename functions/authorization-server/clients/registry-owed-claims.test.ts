import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeClock } from "../testing/clock.ts";
import { metadata, register, registryOver, stored } from "../testing/registry.ts";
import { startStore, type TestStore } from "../testing/store.ts";
import type { ClientRegistry } from "./registry.ts";

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

describe("claims that a sign-in has to satisfy", () => {
  const claims = (value: string) => JSON.stringify({ access_token: { acrs: { value } } });
  const owe = (id: string, user: string, wanted: string, server = "graph") =>
    registry.oweClaims(id, { user, server, claims: wanted });
  const owed = (id: string, user: string, ...servers: string[]) =>
    registry.owedClaims(id, user, servers.length > 0 ? servers : ["graph"]);

  it("GW-9 are kept for one person, by one read and one write, and the client's look-up tells of them", async () => {
    const { id } = await register(registry, metadata);
    store.operations();
    await owe(id, "mira", claims("c1"));
    expect(store.operations()).toEqual({ "clients read": 1, "clients replace": 1 });
    expect(await registry.find(id)).toMatchObject({ owesClaims: true });
    store.operations();
    expect(await owed(id, "mira")).toBe(claims("c1"));
    expect(store.operations()).toEqual({ "clients read": 1 });
    expect(await owed(id, "jonas")).toBeUndefined();
  });

  it("GW-9 are forgotten after an hour", async () => {
    const { id } = await register(registry, metadata);
    await owe(id, "mira", claims("c1"));
    clock.advance(3599);
    expect(await owed(id, "mira")).toBeDefined();
    clock.advance(1);
    expect(await owed(id, "mira")).toBeUndefined();
    expect(await registry.find(id)).not.toHaveProperty("owesClaims");
  });

  it("GW-9 are each person's newest, of the four newest people", async () => {
    const { id } = await register(registry, metadata);
    for (const user of ["a", "b", "c", "a", "d", "e"]) await owe(id, user, claims(user));
    await owe(id, "e", claims("newer"));
    const { owedClaims } = await stored(store, id);
    expect(owedClaims?.map(({ user }) => user)).toEqual(["c", "a", "d", "e"]);
    expect(await owed(id, "e")).toBe(claims("newer"));
  });

  it("GW-9 are one server's, and are not owed in a sign-in without it", async () => {
    const { id } = await register(registry, metadata);
    await owe(id, "mira", claims("c1"), "notes");
    store.operations();
    expect(await owed(id, "mira", "graph")).toBeUndefined();
    expect(await owed(id, "mira", "graph", "notes")).toBe(claims("c1"));
    expect(store.operations()).toEqual({ "clients read": 2 });
  });

  it("GW-9 are those of all the servers of a sign-in together, the newest where two want the same", async () => {
    const { id } = await register(registry, metadata);
    const fresh = JSON.stringify({ access_token: { nbf: { value: "1800000000" } } });
    await owe(id, "mira", claims("c1"), "notes");
    await owe(id, "mira", fresh, "graph");
    expect(JSON.parse((await owed(id, "mira", "graph", "notes")) ?? "")).toEqual({
      access_token: { acrs: { value: "c1" }, nbf: { value: "1800000000" } },
    });
    await owe(id, "mira", claims("c2"), "graph");
    expect(await owed(id, "mira", "notes", "graph")).toBe(claims("c2"));
    expect(await owed(id, "mira", "notes")).toBe(claims("c1"));
  });

  it("GW-9 of one person, at however many servers, do not push out another's", async () => {
    const { id } = await register(registry, metadata);
    await owe(id, "jonas", claims("c1"));
    for (const server of ["s1", "s2", "s3", "s4", "s5"]) await owe(id, "mira", claims(server), server);
    expect(await owed(id, "jonas")).toBe(claims("c1"));
    expect(await owed(id, "mira", "s5")).toBe(claims("s5"));
    expect((await stored(store, id)).owedClaims).toHaveLength(5);
  });

  it.each([
    ["the operator entered", "inspector"],
    ["has a document", "https://client.example/document"],
  ])("GW-9 have a record of their own where %s the client, for one person", async (_, id) => {
    expect(await registry.find(id)).toMatchObject({ owesClaims: true });
    await owe(id, "mira", claims("c1"));
    expect(store.operations()).toEqual({ "claims create": 1 });
    expect(await owed(id, "mira")).toBe(claims("c1"));
    expect(store.operations()).toEqual({ "claims read": 1 });
    expect(await owed(id, "jonas")).toBeUndefined();
    expect(await owed("client", "mira")).toBeUndefined();
    await owe(id, "mira", claims("newer"));
    expect(await owed(id, "mira")).toBe(claims("newer"));
    await owe(id, "mira", claims("c2"), "notes");
    expect(await owed(id, "mira")).toBe(claims("newer"));
    expect(await owed(id, "mira", "notes")).toBe(claims("c2"));
    expect(await owed(id, "mira", "other")).toBeUndefined();
    clock.advance(3600);
    expect(await owed(id, "mira")).toBeUndefined();
  });

  it("GW-9 have no record at an unknown client", async () => {
    store.operations();
    await owe("nobody", "mira", claims("c1"));
    expect(store.operations()).toEqual({});
    await owe("x".repeat(22), "mira", claims("c1"));
    expect(store.operations()).toEqual({ "clients read": 1 });
  });
});
