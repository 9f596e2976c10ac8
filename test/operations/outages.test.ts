import { afterAll, beforeAll, expect, it } from "vitest";
import shippedConfig from "../../gateway.config.ts";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import {
  DEFAULT_ANSWER,
  notesServer,
  type RecordingBackend,
  startRecordingBackend,
} from "../support/recording-backend.ts";
import { startTestTwin, type TestTwin } from "../support/twin.ts";

const MIRA = "Mira Okafor";
const CORRELATION_ID = /^[0-9a-f-]{36}$/;

let backend: RecordingBackend;
let twin: TestTwin;
let notesUrl: string;
let client: OAuthClient;
let graph: Tokens;
let notes: Tokens;

beforeAll(async () => {
  backend = await startRecordingBackend();
  twin = await startTestTwin({ servers: [...shippedConfig.servers, notesServer(backend)] });
  notesUrl = `${twin.origin}/notes/mcp`;
  client = await OAuthClient.register(twin.origin);
  graph = await client.signIn(new Person(twin), MIRA);
  notes = await client.signIn(new Person(twin), MIRA, { resource: notesUrl });
});

afterAll(async () => {
  await twin?.stop();
  await backend?.stop();
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
