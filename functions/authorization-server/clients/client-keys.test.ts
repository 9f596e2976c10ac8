import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeClock } from "../testing/clock.ts";
import { answering, type DocumentHost, startDocumentHost } from "../testing/document-host.ts";
import { failureOf } from "../testing/failure.ts";
import { type ClientKeySets, clientKeySets } from "./client-keys.ts";
import { guardedFetch } from "./guarded-fetch/guarded-fetch.ts";
import { publicInternet } from "./guarded-fetch/network.ts";

const keys = { jwksUri: "https://client.example/jwks.json" };
const jwks = { keys: [{ kty: "EC", kid: "1" }] };

let host: DocumentHost;
let keySets: ClientKeySets;
let clock = makeClock();
beforeAll(async () => {
  host = await startDocumentHost();
});
afterAll(() => host.stop());
beforeEach(() => {
  clock = makeClock();
  keySets = clientKeySets(guardedFetch(host.network, clock.now), clock.now);
  host.answer = answering(jwks, { "cache-control": "max-age=86400" });
  host.received.length = 0;
});

describe("clientKeySets", () => {
  it("gives the keys that a client said itself, and asks nobody", async () => {
    expect(await keySets({ jwks })).toBe(jwks);
    expect(host.received).toEqual([]);
  });

  it("fetches them where they are, and sees a new key within five minutes, whatever the answer says", async () => {
    expect(await keySets(keys)).toEqual(jwks);
    clock.advance(299);
    await keySets(keys);
    expect(host.received).toHaveLength(1);
    clock.advance(1);
    host.answer = answering({ keys: [{ kty: "EC", kid: "2" }] });
    expect(await keySets(keys)).toEqual({ keys: [{ kty: "EC", kid: "2" }] });
  });

  it("CLI-4 fetches nothing from an address inside", async () => {
    const network = { ...host.network, mayReach: publicInternet.mayReach };
    const guarded = clientKeySets(guardedFetch(network, clock.now), clock.now);
    expect(await failureOf(guarded(keys))).toMatchObject({ reason: "address_not_public" });
    expect(await failureOf(guarded({ jwksUri: "https://127.0.0.1/jwks" }))).toMatchObject({
      kind: "refused",
    });
    expect(host.received).toEqual([]);
  });

  it.each([{}, { keys: [] }, { keys: [{ kty: "oct", k: "k" }] }, [], "x"])("refuses %j", async (value) => {
    host.answer = answering(value);
    const reason = expect.stringMatching(/^key_set (is|has) /);
    expect(await failureOf(keySets(keys))).toMatchObject({ kind: "refused", reason });
  });

  it("CLI-4 refuses what is no URL, before it counts for any host", async () => {
    expect(await failureOf(keySets({ jwksUri: "none" }))).toMatchObject({ kind: "refused" });
  });
});
