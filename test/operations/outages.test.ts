import { beforeAll, expect, it } from "vitest";
import shippedConfig from "../../gateway.config.ts";
import { OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { plainText } from "../support/page.ts";
import { Person } from "../support/person.ts";
import { DEFAULT_ANSWER, notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const CORRELATION_ID = /^[0-9a-f-]{36}$/;

const backend = useRecordingBackend();
const twin = useOwnTwin(() => ({ servers: [...shippedConfig.servers, notesServer(backend)] }));
let notesUrl: string;
let client: OAuthClient;
let graph: Tokens;
let notes: Tokens;

// The tests stop one part after another, in this order.
beforeAll(async () => {
  notesUrl = `${twin.origin}/notes/mcp`;
  client = await OAuthClient.register(twin.origin);
  graph = await client.signIn(new Person(twin), MIRA);
  notes = await client.signIn(new Person(twin), MIRA, { resource: notesUrl });
});

it("GW-8 passes a backend's own error on as it is", async () => {
  backend.answerWith({ status: 500, headers: { "content-type": "text/plain" }, body: "out of order" });
  const { status, text } = await client.callTool(notesUrl, notes.accessToken, "anything");
  expect([status, text]).toEqual([500, "out of order"]);
  backend.answerWith(DEFAULT_ANSWER);
});

it("GW-8 answers in JSON-RPC, with a correlation ID, when a backend is down", async () => {
  await backend.stop();
  const { status, headers, json, text } = await client.callTool(notesUrl, notes.accessToken, "anything");
  expect(status).toBe(502);
  const correlationId = headers.get("x-correlation-id");
  expect(correlationId).toMatch(CORRELATION_ID);
  expect(json).toMatchObject({
    jsonrpc: "2.0",
    id: null,
    error: { code: -32603, message: "The MCP server cannot be reached", data: { correlationId } },
  });
  expect(text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|\bat /);
  expect((await client.callTool(twin.mcpUrl, graph.accessToken, "whoami")).status).toBe(200);
});

it("SES-4 tells clients and people to try again when the store is down", async () => {
  await twin.cosmos.stop();
  const refreshed = await client.refresh(notes.refreshToken);
  expect([refreshed.status, refreshed.json["error"]]).toEqual([503, "temporarily_unavailable"]);
  expect(Number(refreshed.headers.get("retry-after"))).toBeGreaterThan(0);

  const page = await new Person(twin).openPage(client.authorizationRequest().url);
  expect(page.status).toBe(503);
  expect(Number(page.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(plainText(page.html)).toContain("not available right now");

  twin.gateway.cache.clear();
  const call = await client.callTool(twin.mcpUrl, graph.accessToken, "whoami");
  expect(call.status).toBe(503);
  expect(Number(call.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(call.json).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32002 } });
});

it("SES-4 turns requests away at once after some outages, and says so in the log and in /health/ready", async () => {
  const refresh = () => client.refresh(notes.refreshToken);
  const opened = async () =>
    (await twin.allLogs()).filter(
      ({ message }) => message.includes('"circuit_opened"') && message.includes('"store"'),
    );
  for (let attempt = 0; attempt < 5 && (await opened()).length === 0; attempt++) await refresh();
  expect(await opened()).toHaveLength(1);
  const { status, headers, json } = await refresh();
  expect([status, json["error"]]).toEqual([503, "temporarily_unavailable"]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(5);
  const ready = await send(`${twin.origin}/health/ready`);
  expect(ready.status).toBe(503);
  expect(ready.json).toMatchObject({
    parts: { keys: "ok", store: "out" },
    circuits: {
      store: expect.stringMatching(/^(open|half_open)$/),
      keys: "closed",
      entra: expect.any(String),
    },
  });
});

it("GW-8 answers in the protocol of each path when the authorization server is down", async () => {
  await twin.authorizationServer.stop();
  const token = await client.refresh(notes.refreshToken);
  expect(token.status).toBe(503);
  expect(token.json).toMatchObject({
    error: "temporarily_unavailable",
    correlation_id: token.headers.get("x-correlation-id"),
  });
  expect(token.headers.get("cache-control")).toBe("no-store");

  const page = await send(client.authorizationRequest().url);
  expect(page.status).toBe(503);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(plainText(page.text)).toContain(page.headers.get("x-correlation-id"));

  const call = await client.callTool(twin.mcpUrl, graph.accessToken, "whoami");
  expect(call.status).toBe(503);
  expect(call.json).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32002 } });
  expect(call.headers.get("x-correlation-id")).toMatch(CORRELATION_ID);
  for (const { text } of [token, page, call]) expect(text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1/);
});
