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

  it("GW-9 are kept for one person, by one read and one write, and the client's look-up tells of them", async () => {
    const { id } = await register(registry, metadata);
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
    const { id } = await register(registry, metadata);
    await registry.oweClaims(id, "mira", claims("c1"));
    clock.advance(3599);
    expect(await registry.owedClaims(id, "mira")).toBeDefined();
    clock.advance(1);
    expect(await registry.owedClaims(id, "mira")).toBeUndefined();
    expect(await registry.find(id)).not.toHaveProperty("owesClaims");
  });

  it("GW-9 are each person's newest, of the four newest people", async () => {
    const { id } = await register(registry, metadata);
    for (const user of ["a", "b", "c", "a", "d", "e"]) await registry.oweClaims(id, user, claims(user));
    await registry.oweClaims(id, "e", claims("newer"));
    const { owedClaims } = await stored(store, id);
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
