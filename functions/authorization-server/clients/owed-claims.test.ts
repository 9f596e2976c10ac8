import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashOf } from "../crypto/secrets.ts";
import { type Documents, StoreError } from "../store/documents.ts";
import { failureOf } from "../testing/failure.ts";
import { startStore, type TestStore } from "../testing/store.ts";
import { keepOwedClaims, keptOwedClaims, OWED_SECONDS, type OwedClaimsDocument } from "./owed-claims.ts";

const NOW = 1_800_000_000;
const CLIENT = "https://client.example/metadata.json";

let store: TestStore;
let documents: Documents<OwedClaimsDocument>;
beforeAll(async () => {
  store = await startStore();
  documents = store.open().claims;
});
afterAll(() => store.stop());

const keep = (user: string, claims: string, now = NOW, server = "graph") =>
  keepOwedClaims(documents, CLIENT, { user, server, claims }, now);
const kept = (user: string, now = NOW, client = CLIENT, servers: readonly string[] = ["graph"]) =>
  keptOwedClaims(documents, client, user, servers, now);

describe("claims for a client without a registration", () => {
  it("GW-9 are kept by one write and found by one read, for this person and client alone", async () => {
    store.operations();
    await keep("mira", "c1");
    expect(store.operations()).toEqual({ "claims create": 1 });
    expect(await kept("mira")).toBe("c1");
    expect(store.operations()).toEqual({ "claims read": 1 });
    expect(await kept("jonas")).toBeUndefined();
    expect(await kept("mira", NOW, "another")).toBeUndefined();
  });

  it("GW-9 give way to newer ones", async () => {
    await keep("ada", "c1");
    store.operations();
    await keep("ada", "c2", NOW + 10);
    expect(store.operations()).toEqual({ "claims create": 1, "claims read": 1, "claims replace": 1 });
    expect(await kept("ada")).toBe("c2");
  });

  it("GW-9 are kept for each server by itself, those of the four newest, and only while they live", async () => {
    for (const server of ["s1", "s2", "s3", "s4", "s5"]) await keep("olu", `{"${server}":{}}`, NOW, server);
    expect(await kept("olu", NOW, CLIENT, ["s1"])).toBeUndefined();
    expect(await kept("olu", NOW, CLIENT, ["s2"])).toBe('{"s2":{}}');
    expect(await kept("olu", NOW, CLIENT, ["s5", "elsewhere"])).toBe('{"s5":{}}');
    await keep("olu", '{"late":{}}', NOW + OWED_SECONDS, "s6");
    const found = (await store.documents()).find(({ document }) => document["user"] === "olu");
    expect(found?.document["owed"]).toHaveLength(1);
  });

  it("GW-9 are none in a record of an earlier release, which knew no servers", async () => {
    const id = hashOf(CLIENT);
    const earlier = { id, user: "eve", client: CLIENT, claims: "{}", until: NOW + 60, ttl: OWED_SECONDS };
    await documents.create(earlier as unknown as OwedClaimsDocument);
    expect(await kept("eve")).toBeUndefined();
    await keep("eve", '{"newer":{}}');
    expect(await kept("eve")).toBe('{"newer":{}}');
  });

  it("SES-3 end after an hour, whatever the store still has", async () => {
    await keep("grace", "c1");
    expect(await kept("grace", NOW + OWED_SECONDS - 1)).toBe("c1");
    expect(await kept("grace", NOW + OWED_SECONDS)).toBeUndefined();
    const found = (await store.documents()).find(({ document }) => document["user"] === "grace");
    expect(found?.document).toMatchObject({
      client: CLIENT,
      owed: [{ server: "graph", until: NOW + OWED_SECONDS }],
      ttl: OWED_SECONDS,
    });
  });

  it("SES-4 are not taken for kept when the store is out, or lost those that were there", async () => {
    const fault = new StoreError("unavailable", { cause: undefined });
    const out = { ...documents, create: () => Promise.reject(fault) } as Documents<OwedClaimsDocument>;
    const owed = { user: "mira", server: "graph", claims: "c" };
    expect(await failureOf(keepOwedClaims(out, CLIENT, owed, NOW))).toBe(fault);
    const gone = {
      create: () => Promise.reject(new StoreError("conflict", { cause: undefined })),
      read: async () => undefined,
      replace: () => Promise.reject(new Error("nothing to replace")),
    };
    await expect(keepOwedClaims(gone, CLIENT, owed, NOW)).resolves.toBeUndefined();
  });
});
