import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ClientDocument } from "../clients/client-document.ts";
import type { SessionDocument } from "../sessions/session-document.ts";
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
async function misbehaving(listener: RequestListener, endpointDiscovery = true) {
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
    timeout: 200,
  });
}

/** What the client library asks for before a query: here, one partition has it all. */
const RANGES = JSON.stringify({
  _rid: "container",
  PartitionKeyRanges: [{ id: "0", minInclusive: "", maxExclusive: "FF" }],
  partitionKey: { paths: ["/user"], kind: "Hash", version: 2 },
});

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
    const { sessions } = await misbehaving((request, response) => {
      const isQuery = request.headers["x-ms-documentdb-isquery"] !== undefined;
      if (!isQuery) return void response.writeHead(200).end(RANGES);
      pages++;
      const continuation = pages < 3 ? { "x-ms-continuation": String(pages) } : {};
      const found = pages === 2 ? [{ id: "late" }] : [];
      response.writeHead(200, { "content-type": "application/json", ...continuation });
      response.end(JSON.stringify({ Documents: found, _count: found.length }));
    }, false);
    expect(await sessions.listLive("ada", 40, 10)).toEqual({ sessions: [{ id: "late" }], more: false });
    expect(pages).toBe(3);
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
    const { clients } = await misbehaving((_, response) => {
      asked++;
      const throttled = { "content-type": "application/json", "x-ms-retry-after-ms": "10" };
      if (asked < 3) response.writeHead(429, throttled).end("{}");
      else response.writeHead(200, { etag: '"1"' }).end(JSON.stringify(client("a")));
    }, false);
    expect(await clients.read("a", "a")).toMatchObject({ document: { id: "a" }, etag: '"1"' });
    expect(asked).toBe(3);
  });

  it("says nothing of what was read or written", async () => {
    const { clients } = await misbehaving(answering(503, '{"message":"secret"}'));
    await expect(clients.create(client("secret"))).rejects.toThrow(/^store: unavailable$/);
  });
});
