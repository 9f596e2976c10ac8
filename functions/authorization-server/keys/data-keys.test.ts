import { beforeEach, describe, expect, it } from "vitest";
import { type Documents, StoreError } from "../store/documents.ts";
import { type DataKeysDocument, dataKeys } from "./data-keys.ts";
import { KeyError } from "./key-ring.ts";

const PERIOD = 1_000;
/** A new key is for opening alone until every instance can know it. */
const KNOWN_AFTER = 30;

/** One document under an ETag, in memory, that counts what is asked of it. */
function memory() {
  let stored: { document: DataKeysDocument; etag: string } | undefined;
  const state = { reads: 0, writes: 0, down: false };
  const reached = () => {
    if (state.down) throw new StoreError("unavailable", { cause: undefined });
  };
  const documents: Documents<DataKeysDocument> = {
    async create(document) {
      reached();
      if (stored) throw new StoreError("conflict", { cause: undefined });
      state.writes += 1;
      stored = { document, etag: "1" };
      return stored;
    },
    async read() {
      state.reads += 1;
      reached();
      return stored;
    },
    async replace(document, etag) {
      reached();
      if (etag !== stored?.etag) return undefined;
      state.writes += 1;
      stored = { document, etag: String(Number(etag) + 1) };
      return stored;
    },
  };
  return { documents, state, document: () => stored?.document };
}

describe("data keys", () => {
  let store: ReturnType<typeof memory>;
  let time: number;
  let vault: { wraps: number; unwraps: number; down: boolean };
  const instance = () =>
    dataKeys({
      documents: store.documents,
      wrappingKey: "wrapping",
      period: PERIOD,
      now: () => time,
      vault: {
        async wrap(_name, key) {
          vault.wraps += 1;
          if (vault.down) throw new KeyError("unavailable", "down");
          return { wrapped: Uint8Array.from(key, (byte) => byte ^ 0xff), version: "v1" };
        },
        async unwrap(_name, version, wrapped) {
          vault.unwraps += 1;
          if (vault.down || version !== "v1") throw new KeyError("unavailable", "down");
          return Uint8Array.from(wrapped, (byte) => byte ^ 0xff);
        },
      },
    });
  beforeEach(() => {
    store = memory();
    time = 10_000;
    vault = { wraps: 0, unwraps: 0, down: false };
  });

  it("SES-1 are stored wrapped alone", async () => {
    const { key } = await instance().current();
    expect(JSON.stringify(store.document())).not.toContain(Buffer.from(key).toString("base64url"));
  });

  it("are made by one of many instances, for all of them", async () => {
    const instances = Array.from({ length: 8 }, instance);
    const keys = await Promise.all(instances.map((each) => each.current()));
    expect(new Set(keys.map((each) => each.kid)).size).toBe(1);
    expect(store.document()?.keys).toHaveLength(1);
  });

  it("cost nothing once they were used", async () => {
    const [one, other] = [instance(), instance()];
    const { kid } = await one.current();
    await other.byId(kid);
    const before = { ...store.state, ...vault };
    for (let n = 0; n < 50; n++) await Promise.all([one.current(), one.byId(kid), other.byId(kid)]);
    expect({ ...store.state, ...vault }).toEqual(before);
  });

  it("SES-2 are replaced after their period, and the old ones still open", async () => {
    const before = instance();
    const old = await before.current();
    time += PERIOD;
    const after = instance();
    await after.current();
    time += KNOWN_AFTER;
    const next = await instance().current();
    expect(next.kid).not.toBe(old.kid);
    expect(Buffer.from((await after.byId(old.kid))?.key ?? [])).toEqual(old.key);
    expect((await before.byId(next.kid))?.key).toEqual(next.key);
    expect(store.document()?.keys.map((each) => each.createdAt)).toEqual([10_000, 10_000 + PERIOD]);
  });

  it("are replaced behind the request that noticed, which seals with the old one", async () => {
    const ring = instance();
    const old = await ring.current();
    time += PERIOD;
    expect(await ring.current()).toMatchObject({ kid: old.kid });
    await new Promise((resolve) => setImmediate(resolve));
    time += KNOWN_AFTER;
    await ring.current();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await ring.current()).kid).not.toBe(old.kid);
    expect(store.document()?.keys).toHaveLength(2);
  });

  it("SES-4 seal nothing that an instance could not open yet, which looked for an unknown key a moment ago", async () => {
    const [one, other] = [instance(), instance()];
    const old = await one.current();
    time += PERIOD;
    await other.byId("a-strangers");
    for (let second = 0; second <= 2 * KNOWN_AFTER; second++) {
      const { kid } = await one.current();
      await new Promise((resolve) => setImmediate(resolve));
      expect((await other.byId(kid))?.kid).toBe(kid);
      await other.byId("a-strangers");
      time += 1;
    }
    expect((await one.current()).kid).not.toBe(old.kid);
  });

  it("SES-4 seal on while vault or store are down at the time of a replacement", async () => {
    const ring = instance();
    const old = await ring.current();
    time += PERIOD;
    vault.down = true;
    store.state.down = true;
    expect((await ring.current()).kid).toBe(old.kid);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await ring.current()).kid).toBe(old.kid);
    expect((await ring.byId(old.kid))?.key).toEqual(old.key);
  });

  it("SES-4 of a vault that is down are asked for once in a pause, however many sessions need one", async () => {
    const { kid } = await instance().current();
    vault.down = true;
    const ring = instance();
    for (let n = 0; n < 20; n++) await expect(ring.byId(kid)).rejects.toThrow(KeyError);
    expect(vault.unwraps).toBe(1);
    vault.down = false;
    time += 5;
    expect((await ring.byId(kid))?.kid).toBe(kid);
  });

  it("unknown ones cost one read in a pause, whatever their names", async () => {
    const ring = instance();
    await ring.current();
    const { reads } = store.state;
    for (let n = 0; n < 100; n++) expect(await ring.byId(`forged-${n}`)).toBeUndefined();
    expect(store.state.reads).toBe(reads + 1);
    expect(vault.unwraps).toBe(0);
  });

  it("SES-4 unknown ones of a store that is down are not said to be unknown", async () => {
    const ring = instance();
    store.state.down = true;
    await expect(ring.byId("perhaps")).rejects.toThrow(StoreError);
  });
});
