import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CosmosClient } from "@azure/cosmos";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogLine } from "../component.ts";
import { type LocalCosmos, startCosmos } from "./start.ts";

const run = promisify(execFile);
const lines: LogLine[] = [];
let cosmos: LocalCosmos;

beforeEach(async () => {
  lines.length = 0;
  cosmos = await startCosmos({ log: (line) => lines.push(line) });
});
afterEach(() => cosmos.stop());

async function openContainer(id = "sessions") {
  const client = new CosmosClient({
    endpoint: cosmos.url,
    key: cosmos.key,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const { database } = await client.databases.createIfNotExists({ id: "gateway" });
  const { container } = await database.containers.createIfNotExists({
    id,
    partitionKey: { paths: ["/user"] },
    defaultTtl: -1,
  });
  cosmos.resetOperations();
  return container;
}

/** The HTTP status with which an operation failed. */
async function failure(operation: Promise<unknown>): Promise<unknown> {
  return operation.then(
    () => "no failure",
    (error: { code?: unknown }) => error.code,
  );
}

describe("the local Cosmos DB", () => {
  it("counts each kind of document operation of @azure/cosmos, by container", async () => {
    const sessions = await openContainer("sessions");
    const clients = await openContainer("clients");
    const { resource } = await sessions.items.create({ id: "a", user: "u" });
    await sessions.item("a", "u").read();
    await sessions.item("a", "u").replace({ id: "a", user: "u", n: 1 });
    await sessions.item("a", "u").patch([{ op: "set", path: "/n", value: 2 }]);
    await sessions.items.upsert({ id: "b", user: "u" });
    await sessions.items
      .query({ query: "SELECT * FROM c WHERE c.user = @u", parameters: [{ name: "@u", value: "u" }] })
      .fetchAll();
    await sessions.items.batch([{ operationType: "Create", resourceBody: { id: "c", user: "u" } }], "u");
    await sessions.item("a", "u").delete();
    await clients.items.create({ id: "x", user: "v" });
    expect(resource?.id).toBe("a");
    const { metadata: _metadata, ...operations } = cosmos.operations();
    expect(operations).toEqual({
      "sessions create": 1,
      "sessions read": 1,
      "sessions replace": 1,
      "sessions patch": 1,
      "sessions upsert": 1,
      "sessions query": 1,
      "sessions batch": 1,
      "sessions delete": 1,
      "clients create": 1,
    });
  });

  it("counts failed operations too: 404, 409 and 412", async () => {
    const sessions = await openContainer();
    const created = await sessions.items.create({ id: "a", user: "u" });
    expect(await failure(sessions.items.create({ id: "a", user: "u" }))).toBe(409);
    await sessions.item("a", "u").replace({ id: "a", user: "u", n: 1 });
    const stale = { accessCondition: { type: "IfMatch", condition: created.etag } };
    expect(await failure(sessions.item("a", "u").replace({ id: "a", user: "u", n: 2 }, stale))).toBe(412);
    expect((await sessions.item("missing", "u").read()).statusCode).toBe(404);
    expect(cosmos.operations()).toMatchObject({
      "sessions create": 2,
      "sessions replace": 2,
      "sessions read": 1,
    });
  });

  it("counts what a client asks for by itself as metadata, and starts again after a reset", async () => {
    await openContainer();
    expect(cosmos.operations()).toEqual({});
    await openContainer("clients");
    const container = await openContainer();
    await container.database.client.getDatabaseAccount();
    await container.read();
    expect(cosmos.operations()).toEqual({ metadata: 2 });
  });

  it("lists every stored document without counting that", async () => {
    const sessions = await openContainer();
    const clients = await openContainer("clients");
    await sessions.items.create({ id: "a", user: "u", ttl: 1 });
    for (let n = 0; n < 250; n++) await clients.items.create({ id: `c${n}`, user: "v" });
    const counted = cosmos.operations();
    const stored = await cosmos.documents();
    expect(stored.filter((each) => each.container === "clients")).toHaveLength(250);
    expect(stored.find((each) => each.container === "sessions")?.document).toMatchObject({ id: "a", ttl: 1 });
    expect(cosmos.operations()).toEqual(counted);
  });

  it("lets exactly one of many conditional writes through, from two client processes", async () => {
    const sessions = await openContainer();
    const { etag } = await sessions.items.create({ id: "a", user: "u" });
    const racer = `
      import { CosmosClient } from "@azure/cosmos";
      const [endpoint, key, condition] = process.argv.slice(1);
      const client = new CosmosClient({ endpoint, key, connectionPolicy: { enableEndpointDiscovery: false } });
      const item = client.database("gateway").container("sessions").item("a", "u");
      const options = { accessCondition: { type: "IfMatch", condition } };
      const race = Array.from({ length: 10 }, () => item.replace({ id: "a", user: "u" }, options));
      const won = (await Promise.allSettled(race)).filter((each) => each.status === "fulfilled").length;
      process.stdout.write(String(won));`;
    const arguments_ = ["--input-type=module", "-e", racer, cosmos.url, cosmos.key, etag];
    const won = await Promise.all([0, 1].map(() => run(process.execPath, arguments_, { timeout: 20_000 })));
    expect(won.map((each) => Number(each.stdout)).reduce((a, b) => a + b)).toBe(1);
    expect(cosmos.operations()["sessions replace"]).toBe(20);
  });

  it("reports a failure of its own in the log", async () => {
    await openContainer();
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const response = await fetch(`${cosmos.url}/dbs/gateway/colls/sessions/docs`, {
      method: "POST",
      body: "{",
    });
    expect(response.status).toBe(500);
    await response.arrayBuffer();
    printed.mockRestore();
    await expect
      .poll(() => lines.map((line) => line.message))
      .toEqual(['{"event":"failed","operation":"sessions create","status":500}']);
  });

  it("says so when its port is in use", async () => {
    const port = Number(new URL(cosmos.url).port);
    await expect(startCosmos({ port, log: () => undefined })).rejects.toThrow(`port ${port} is in use`);
  });
});
