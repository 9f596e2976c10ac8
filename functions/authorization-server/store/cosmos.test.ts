import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { inTime, REQUEST_MILLISECONDS } from "../../platform/request-scope.ts";
import type { ClientDocument } from "../clients/client-document.ts";
import { type Circuit, circuit } from "../resilience/circuit.ts";
import type { SessionDocument } from "../sessions/session-document.ts";
import { makeCall } from "../testing/calls.ts";
import { makeCircuit } from "../testing/circuit.ts";
import { makeClock } from "../testing/clock.ts";
import { startStore, type TestStore } from "../testing/store.ts";
import { cosmosStore } from "./cosmos.ts";
import type { Store } from "./store.ts";

let running: TestStore;
let store: Store;
let servers: Server[] = [];

beforeAll(async () => {
  running = await startStore();
  store = running.open();
});
afterAll(() => running.stop());
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  servers = [];
});

function client(id: string, lastUsedAt = 1): ClientDocument {
  const metadata = {
    redirect_uris: ["https://example.com/cb"],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  } as const;
  return { id, metadata, createdAt: 1, lastUsedAt, ttl: 60 };
}

/** A Cosmos DB that answers as the listener does, for a client that knows regions, as in Azure, unless told otherwise. */
async function misbehaving(
  listener: RequestListener,
  endpointDiscovery = true,
  { gate = makeCircuit("store"), timeout = 200 }: { gate?: Circuit; timeout?: number } = {},
) {
  const server = createServer((request, response) => {
    request.resume();
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return cosmosStore({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    database: "gateway",
    key: "a2V5",
    endpointDiscovery,
    managedIdentityClientId: "none",
    circuit: gate,
    timeout,
  });
}

/** What the client library asks for before a query: here, one partition has it all. */
const RANGES = JSON.stringify({
  _rid: "container",
  PartitionKeyRanges: [{ id: "0", minInclusive: "", maxExclusive: "FF" }],
  partitionKey: { paths: ["/user"], kind: "Hash", version: 2 },
});

/** Where an answer has to arrive, however busy this machine is. */
const PATIENT = { timeout: 5_000 };

const unavailable = { name: "StoreError", kind: "unavailable" };

describe("the store in Cosmos DB", () => {
  it("gives back what was created, without Cosmos DB's own members in what is written", async () => {
    const { document, etag } = await store.clients.create(client("a"));
    expect(document).toEqual(client("a"));
    expect(etag).toEqual(expect.any(String));
    expect(await store.clients.read("a", "a")).toMatchObject({ document: client("a"), etag });
  });

  it("refuses an ID that is taken", async () => {
    await store.clients.create(client("twice"));
    await expect(store.clients.create(client("twice"))).rejects.toMatchObject({ kind: "conflict" });
  });

  it("finds nothing where nothing is, nor in another partition", async () => {
    await store.clients.create(client("here"));
    expect(await store.clients.read("nowhere", "nowhere")).toBeUndefined();
    expect(await store.clients.read("here", "elsewhere")).toBeUndefined();
  });

  it("SES-4 writes only when nobody else wrote since", async () => {
    const { etag } = await store.clients.create(client("raced"));
    const first = await store.clients.replace(client("raced", 2), etag);
    expect(first?.etag).not.toBe(etag);
    expect(await store.clients.replace(client("raced", 3), etag)).toBeUndefined();
    expect((await store.clients.read("raced", "raced"))?.document.lastUsedAt).toBe(2);
    expect(await store.clients.replace(client("raced", 4), first?.etag ?? "")).toBeDefined();
  });

  it("SES-4 writes nothing in place of what is gone", async () => {
    expect(await store.clients.replace(client("gone"), '"etag"')).toBeUndefined();
    expect(await store.clients.read("gone", "gone")).toBeUndefined();
  });

  it("lets one of many simultaneous writers through", async () => {
    const { etag } = await store.clients.create(client("many"));
    const writes = Array.from({ length: 20 }, (_, i) =>
      running.open().clients.replace(client("many", i), etag),
    );
    const written = (await Promise.all(writes)).filter((each) => each !== undefined);
    expect(written).toHaveLength(1);
  });
});

describe("remove", () => {
  it("takes a document away, and does nothing where none is", async () => {
    await store.clients.create(client("removed"));
    await store.clients.remove("removed", "removed");
    expect(await store.clients.read("removed", "removed")).toBeUndefined();
    await store.clients.remove("removed", "removed");
  });
});

describe("listLive", () => {
  const session = (id: string, user: string, changes: Partial<SessionDocument> = {}): SessionDocument => ({
    id,
    user,
    objectId: "object",
    client: { id: "client", name: "Client", grantTypes: [], answersTo: "https://client.example" },
    servers: ["graph"],
    scopes: ["mcp.tools"],
    createdAt: 10,
    endsAt: 100,
    code: { hash: "hash", expiresAt: 20, challenge: "challenge" },
    entra: "sealed",
    ttl: 60,
    ...changes,
  });
  const idsOf = async (user: string, now: number, limit: number) => {
    const { sessions, more } = await store.sessions.listLive(user, now, limit);
    return { ids: sessions.map(({ id }) => id).sort(), more };
  };

  beforeAll(async () => {
    const refresh = { familyHash: "hash", currentHash: "hash", expiresAt: 90 };
    const revoked = { at: 20, because: "client_request" } as const;
    for (const each of [
      session("live", "ada", { refresh, lastUsedAt: 30 }),
      session("short", "ada", { endsAt: 50 }),
      session("revoked", "ada", { revoked }),
      session("another's", "grace"),
    ]) {
      await store.sessions.create(each);
    }
    for (let each = 0; each < 5; each++) await store.sessions.create(session(`many-${each}`, "many"));
  });

  it("SES-3 finds one person's sessions that are neither revoked nor past their end", async () => {
    expect(await idsOf("ada", 40, 10)).toEqual({ ids: ["live", "short"], more: false });
    expect(await idsOf("ada", 50, 10)).toEqual({ ids: ["live"], more: false });
    expect(await idsOf("ada", 100, 10)).toEqual({ ids: [], more: false });
    expect(await idsOf("grace", 40, 10)).toEqual({ ids: ["another's"], more: false });
    expect(await idsOf("nobody", 40, 10)).toEqual({ ids: [], more: false });
  });

  it("SES-1 brings what a list shows, and nothing that is sealed or hashed", async () => {
    const { sessions } = await store.sessions.listLive("ada", 60, 10);
    const { client, servers, scopes, createdAt, endsAt } = session("live", "ada");
    expect(sessions).toEqual([
      { id: "live", client, servers, scopes, createdAt, endsAt, lastUsedAt: 30, refreshEndsAt: 90 },
    ]);
  });

  it("brings no more than was asked for, and says whether there are more", async () => {
    expect((await store.sessions.listLive("many", 40, 3)).sessions).toHaveLength(3);
    expect((await store.sessions.listLive("many", 40, 3)).more).toBe(true);
    expect((await store.sessions.listLive("many", 40, 5)).sessions).toHaveLength(5);
    expect((await store.sessions.listLive("many", 40, 5)).more).toBe(false);
  });

  it("goes on where Cosmos DB gives an empty page before the last", async () => {
    let pages = 0;
    const { sessions } = await misbehaving(
      (request, response) => {
        const isQuery = request.headers["x-ms-documentdb-isquery"] !== undefined;
        if (!isQuery) return void response.writeHead(200).end(RANGES);
        pages++;
        const continuation = pages < 3 ? { "x-ms-continuation": String(pages) } : {};
        const found = pages === 2 ? [{ id: "late" }] : [];
        response.writeHead(200, { "content-type": "application/json", ...continuation });
        response.end(JSON.stringify({ Documents: found, _count: found.length }));
      },
      false,
      PATIENT,
    );
    expect(await sessions.listLive("ada", 40, 10)).toEqual({ sessions: [{ id: "late" }], more: false });
    expect(pages).toBe(3);
  });
});

describe("members that the database answers null for, as some do for absent ones,", () => {
  const answering = (answer: object): RequestListener => {
    return (request, response) => {
      const isDocument = request.url?.includes("/docs");
      response
        .writeHead(200, { "content-type": "application/json", etag: '"1"' })
        .end(isDocument ? JSON.stringify(answer) : RANGES);
    };
  };

  it("are absent from what is listed", async () => {
    const listed = { id: "a", client: { id: "c", jwks: null }, lastUsedAt: null, refreshEndsAt: null };
    const { sessions } = await misbehaving(answering({ Documents: [listed], _count: 1 }), false, PATIENT);
    expect((await sessions.listLive("ada", 40, 10)).sessions).toStrictEqual([
      { id: "a", client: { id: "c" } },
    ]);
  });

  it("are absent from what is read", async () => {
    const { sessions } = await misbehaving(
      answering({ id: "a", revoked: null, code: { hash: "h", redeemedAt: null }, servers: ["graph"] }),
      false,
      PATIENT,
    );
    expect((await sessions.read("a", "ada"))?.document).toStrictEqual({
      id: "a",
      code: { hash: "h" },
      servers: ["graph"],
    });
  });
});

describe("the store when Cosmos DB is out", () => {
  const answering =
    (status: number, body = "{}", headers = {}): RequestListener =>
    (_, response) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);

  it.each([
    ["does not answer", () => undefined],
    ["is unavailable", answering(503)],
    ["fails", answering(500)],
    ["answers what is no JSON", answering(502, "<html>")],
    ["refuses us", answering(403)],
    ["keeps throttling", answering(429, "{}", { "x-ms-retry-after-ms": "60000" })],
    ["throttles again and again", answering(429, "{}", { "x-ms-retry-after-ms": "50" })],
    ["hangs up", (_, response) => response.destroy()],
  ] satisfies [string, RequestListener][])("SES-4 says so in time when it %s", async (_, listener) => {
    const stores = await Promise.all([true, false].map((discovery) => misbehaving(listener, discovery)));
    const operations = stores.flatMap(({ clients, sessions }) => [
      sessions.listLive("user", 1, 10),
      clients.read("a", "a"),
      clients.create(client("a")),
      clients.replace(client("a"), '"etag"'),
      clients.remove("a", "a"),
    ]);
    for (const operation of await Promise.allSettled(operations)) {
      expect(operation).toMatchObject({ status: "rejected", reason: unavailable });
    }
  });

  it("SES-4 tries again after the time that throttling names", async () => {
    let asked = 0;
    const { clients } = await misbehaving(
      (_, response) => {
        asked++;
        const throttled = { "content-type": "application/json", "x-ms-retry-after-ms": "10" };
        if (asked < 3) response.writeHead(429, throttled).end("{}");
        else response.writeHead(200, { etag: '"1"' }).end(JSON.stringify(client("a")));
      },
      false,
      PATIENT,
    );
    expect(await clients.read("a", "a")).toMatchObject({ document: { id: "a" }, etag: '"1"' });
    expect(asked).toBe(3);
  });

  it("SES-4 tries again what Cosmos DB did not do because of another write", async () => {
    const methods: (string | undefined)[] = [];
    const { clients } = await misbehaving(
      ({ method }, response) => {
        methods.push(method);
        const status = methods.length % 2 ? 449 : 201;
        response
          .writeHead(status, { "content-type": "application/json", etag: '"1"' })
          .end(JSON.stringify(client("a")));
      },
      false,
      PATIENT,
    );
    expect(await clients.create(client("a"))).toMatchObject({ etag: '"1"' });
    expect(await clients.replace(client("a"), '"0"')).toMatchObject({ etag: '"1"' });
    // The library asks for the container's partition key first.
    expect(methods).toEqual(["GET", "GET", "POST", "POST", "PUT", "PUT"]);
  });

  it("SES-4 does not wait where throttling lasts longer than an operation may take, and says how long it lasts", async () => {
    let asked = 0;
    const { clients } = await misbehaving(
      (_, response) => {
        asked += 1;
        response
          .writeHead(429, { "content-type": "application/json", "x-ms-retry-after-ms": "7200" })
          .end("{}");
      },
      false,
      PATIENT,
    );
    await expect(clients.read("a", "a")).rejects.toMatchObject({ ...unavailable, retryAfter: 8 });
    expect(asked).toBe(1);
  });

  it.each<[what: string, listener: RequestListener, notMade: boolean]>([
    ["throttled", answering(429, "{}", { "x-ms-retry-after-ms": "60000" }), true],
    ["refused", answering(403), true],
    ["unavailable", answering(503), true],
    ["a fault of Cosmos DB's own", answering(500), false],
    ["a timeout of Cosmos DB's own", answering(408), false],
    ["no answer", () => undefined, false],
    ["a lost connection", (_, response) => response.destroy(), false],
  ])("SES-4 is sent once, and known to have done nothing or not: %s", async (_, listener, notMade) => {
    let sent = 0;
    const { clients } = await misbehaving(
      (request, response) => {
        sent += 1;
        listener(request, response);
      },
      false,
      { timeout: 1_000 },
    );
    await expect(clients.replace(client("a"), '"etag"')).rejects.toMatchObject({ ...unavailable, notMade });
    expect(sent).toBe(1);
  });

  it("SES-4 is known to have done nothing where nobody listens", async () => {
    const { clients } = cosmosStore({
      endpoint: "http://127.0.0.1:1",
      database: "gateway",
      key: "a2V5",
      endpointDiscovery: false,
      managedIdentityClientId: "none",
      circuit: makeCircuit(),
    });
    await expect(clients.create(client("a"))).rejects.toMatchObject({ ...unavailable, notMade: true });
  });

  it.each<[what: string, listener: RequestListener]>([
    ["does not answer", () => undefined],
    ["hangs up", (_, response) => response.destroy()],
    ["is unavailable", answering(503)],
    ["fails", answering(500, "<html>")],
  ])(
    "SES-4 turns callers away after some time in which it %s, and takes them in when it is back",
    async (_, out) => {
      let isOut = true;
      let asked = 0;
      const clock = makeClock();
      const gate = circuit({ part: "store", now: clock.now, log: () => undefined });
      const { clients } = await misbehaving(
        (request, response) => {
          asked += 1;
          if (isOut) out(request, response);
          else answering(200, JSON.stringify(client("a")))(request, response);
        },
        false,
        { gate, timeout: 1_000 },
      );
      await Promise.allSettled(Array.from({ length: 5 }, () => clients.replace(client("a"), '"etag"')));
      expect(gate.state).toBe("open");
      const before = asked;
      const turnedAway = clients.replace(client("a"), '"etag"');
      await expect(turnedAway).rejects.toMatchObject({
        message: "store: unavailable circuit_open",
        retryAfter: 5,
        notMade: true,
      });
      expect(asked).toBe(before);
      isOut = false;
      clock.advance(5);
      expect(await clients.read("a", "a")).toBeDefined();
      expect(gate.state).toBe("closed");
    },
  );

  it("SES-4 keeps the circuit closed for a document that cannot be written as JSON, which never goes out", async () => {
    const gate = circuit({ part: "store", now: makeClock().now, log: () => undefined });
    const known = await misbehaving(answering(201, "{}"), false, { gate, ...PATIENT });
    let nested: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) nested = [nested];
    const unwritable = { ...client("nested"), metadata: nested } as ClientDocument;
    for (let tried = 0; tried < 8; tried++) await expect(known.clients.create(unwritable)).rejects.toThrow();
    expect(gate.state).toBe("closed");
  });

  it.each([
    ["does not find", 404, {}],
    ["has already", 409, {}],
    ["has changed", 412, {}],
    ["finds too large", 413, {}],
    ["throttles", 429, { "x-ms-retry-after-ms": "60000" }],
    ["refuses", 403, {}],
  ])("SES-4 keeps the circuit closed for what it %s: that is an answer", async (_, status, headers) => {
    const gate = makeCircuit();
    const { clients } = await misbehaving(answering(status, "{}", headers), false, { gate, ...PATIENT });
    for (let i = 0; i < 10; i++) await clients.replace(client("a"), '"etag"').catch(() => undefined);
    expect(gate.state).toBe("closed");
  });

  it("SES-4 waits no longer than the request has time", async () => {
    const { clients } = running.open();
    await clients.read("a", "a");
    const waits = vi.spyOn(globalThis, "setTimeout");
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const late = inTime(async () => {
        vi.advanceTimersByTime(REQUEST_MILLISECONDS);
        waits.mockClear();
        await clients.read("a", "a");
        return new Response();
      });
      await late(new Request("https://as.example/"), makeCall());
      // The store's own limit, and the one that the client library sets for each request.
      expect(waits.mock.calls.map(([, milliseconds]) => milliseconds)).toEqual([1_000, 3_000]);
    } finally {
      vi.useRealTimers();
      waits.mockRestore();
    }
  });

  it("says nothing of what was read or written", async () => {
    const { clients } = await misbehaving(answering(503, '{"message":"secret"}'));
    await expect(clients.create(client("secret"))).rejects.toThrow(/^store: unavailable$/);
  });
});
