import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { toolCallTrail } from "../support/tool-call-trail.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const MIRA_ID = "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => {
  const notes = notesServer(backend);
  return {
    servers: [
      { ...notes, traceToolCalls: { tools: ["add_note"] } },
      { ...notes, name: "quiet", scopes: [{ name: "quiet.use", description: "use it" }] },
    ],
    rateLimits: { mcp: { calls: 20, period: 300 } },
  };
});
let client: OAuthClient;
let tokens: Tokens;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});
beforeEach(async () => {
  backend.reset();
  // Another session has another rate.
  tokens = await client.signIn(new Person(twin), MIRA, { resource: twin.mcpUrl });
});

const toolCall = (name: unknown, id: unknown = 1) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: { text: "arguments-in-it" } },
});

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}, url = twin.mcpUrl) =>
  fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${tokens.accessToken}`,
      "content-type": "application/json",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const event = (changes: object) => ({
  event: "tool_call",
  correlationId: expect.stringMatching(/^[\da-f-]{36}$/),
  audit: true,
  network: "127.0.0.0/24",
  client: client.id,
  server: "notes",
  session: expect.stringMatching(/^[\w-]{22}$/),
  user: MIRA_ID,
  tool: "add_note",
  outcome: "ok",
  status: 200,
  duration: expect.any(Number),
  ...changes,
});

describe("a tool call", () => {
  it("GW-20 is one event and one value of the metric: who, with what, which tool, what came of it", async () => {
    let correlationId: string | null = null;
    const { events, metrics, text } = await toolCallTrail(twin, async () => {
      const answer = await post(toolCall("add_note"));
      correlationId = answer.headers.get("x-correlation-id");
      await answer.text();
    });
    expect(events).toEqual([event({ correlationId })]);
    expect(metrics).toEqual([{ Server: "notes", Tool: "add_note", Outcome: "ok" }]);
    expect(text).not.toContain("arguments-in-it");
    expect(text).not.toContain(tokens.accessToken.slice(-20));
    expect(text).not.toContain("eyJ");
    expect(backend.requests[0]?.body).toBe(JSON.stringify(toolCall("add_note")));
  });

  it("GW-20 leaves none where other methods are called, and none at a server that is not traced", async () => {
    const { events, metrics } = await toolCallTrail(twin, async () => {
      await post({ jsonrpc: "2.0", id: 1, method: "tools/list" });
      await fetch(twin.mcpUrl, { headers: { authorization: `Bearer ${tokens.accessToken}` } });
      tokens = await client.signIn(new Person(twin), MIRA, { resource: `${twin.origin}/quiet/mcp` });
      expect((await post(toolCall("add_note"), {}, `${twin.origin}/quiet/mcp`)).status).toBe(200);
    });
    expect(events).toEqual([]);
    expect(metrics).toEqual([]);
  });

  it("GW-20 is one event for each in a batch, up to fifty and one for the rest", async () => {
    const batch = [
      toolCall("a"),
      { jsonrpc: "2.0", method: "ping" },
      toolCall("add_note"),
      5,
      null,
      [toolCall("nested")],
    ];
    const { events } = await toolCallTrail(twin, () => post(batch));
    expect(events.map(({ tool }) => tool)).toEqual(["a", "add_note", "(unread)"]);
    const many = await toolCallTrail(twin, () =>
      post(Array.from({ length: 80 }, (_, index) => toolCall(`t${index}`))),
    );
    expect(many.events).toHaveLength(51);
    expect(many.events.slice(-2).map(({ tool }) => tool)).toEqual(["t49", "(more)"]);
  });

  it.each([
    [
      "a member in other letters",
      { jsonrpc: "2.0", id: 1, METHOD: "tools/call", params: { name: "add_note" } },
    ],
    ["a second method in other letters", { ...toolCall("add_note"), method: "ping", Method: "tools/call" }],
    ["a method in other letters", { ...toolCall("add_note"), method: "Tools/Call" }],
    ["a nested batch", [[toolCall("add_note")]]],
    ["a second name in other letters", { ...toolCall("a"), params: { name: "a", Name: "add_note" } }],
  ])("GW-20 counts that some servers read from %s", async (_, body) => {
    const { events } = await toolCallTrail(twin, () => post(body));
    expect(events.map(({ tool }) => tool)).toEqual(["(unread)"]);
  });

  it("GW-20 counts when its body cannot be read here, whatever it is", async () => {
    const { events } = await toolCallTrail(twin, async () => {
      await post("{not json");
      await post(toolCall("add_note"), { "content-encoding": "gzip" });
      await post(`${" ".repeat(1_000_000)}${JSON.stringify(toolCall("add_note"))}`);
      const stream = new Blob([JSON.stringify(toolCall("add_note"))]).stream();
      const init = { method: "POST", body: stream, duplex: "half" } as RequestInit;
      await fetch(twin.mcpUrl, { ...init, headers: { authorization: `Bearer ${tokens.accessToken}` } });
    });
    expect(events.map(({ tool }) => tool)).toEqual(Array(4).fill("(unread)"));
  });

  it.each([
    [500, "failed", "backend_error"],
    [404, "failed", "backend_error"],
    [403, "failed", "backend_error"],
    [401, "failed", "backend_error"],
    [202, "ok", undefined],
  ])("GW-20 answered %i by the backend is %s", async (status, outcome, reason) => {
    backend.answerWith({ status, headers: {}, body: "" });
    const { events, metrics } = await toolCallTrail(twin, () => post(toolCall("add_note")));
    expect(events).toEqual([event({ outcome, status, ...(reason && { reason }) })]);
    expect(metrics).toEqual([{ Server: "notes", Tool: "add_note", Outcome: outcome }]);
  });

  it("GW-20 that needs a further scope is refused for it", async () => {
    const headers = { "www-authenticate": 'Bearer error="insufficient_scope", scope="notes.write"' };
    backend.answerWith({ status: 403, headers, body: "" });
    const { events } = await toolCallTrail(twin, () => post(toolCall("add_note")));
    expect(events).toEqual([event({ outcome: "refused", status: 403, reason: "insufficient_scope" })]);
  });

  it("GW-20 that the gateway ends is refused or failed, with the reason", async () => {
    backend.answerNextWith({ status: 302, headers: { location: "https://elsewhere.example" }, body: "" });
    const surplus = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`x-surplus-${index}`, "x"]));
    const { events } = await toolCallTrail(twin, async () => {
      await post(toolCall("add_note"));
      await post(toolCall("add_note"), surplus);
    });
    expect(events.map(({ outcome, status, reason }) => [outcome, status, reason])).toEqual([
      ["failed", 502, "bad_gateway"],
      ["refused", 431, "request_header_fields_too_large"],
    ]);
  });

  it("GW-20 of a session that has ended is refused, and whose it was stays known by the session", async () => {
    const { events } = await toolCallTrail(twin, async () => {
      await client.revoke(tokens.refreshToken);
      await post(toolCall("add_note"));
    });
    const { user, ...withoutUser } = event({ outcome: "refused", status: 401, reason: "session_ended" });
    expect(user).toBe(MIRA_ID);
    expect(events).toEqual([withoutUser]);
  });

  it("GW-20 beyond the rate is refused unread, one event a request", async () => {
    for (let calls = 0; calls < 20; calls++) await post({ jsonrpc: "2.0", method: "ping" });
    const { events } = await toolCallTrail(twin, () => post([toolCall("add_note"), toolCall("a")]));
    expect(events).toMatchObject([
      { tool: "(unread)", outcome: "refused", status: 429, reason: "rate_limit" },
    ]);
  });

  it("GW-20 of somebody whom no token for this server names leaves none: strangers write no trail", async () => {
    const quiet = await client.signIn(new Person(twin), MIRA, { resource: `${twin.origin}/quiet/mcp` });
    const forged = { ...tokens, accessToken: `${tokens.accessToken.slice(0, -8)}AAAAAAAA` };
    const { events, metrics } = await toolCallTrail(twin, async () => {
      tokens = quiet;
      expect((await post(toolCall("add_note"))).status).toBe(401);
      tokens = forged;
      expect((await post(toolCall("add_note"))).status).toBe(401);
      expect(
        (await fetch(twin.mcpUrl, { method: "POST", body: JSON.stringify(toolCall("add_note")) })).status,
      ).toBe(401);
    });
    expect(events).toEqual([]);
    expect(metrics).toEqual([]);
  });

  it("GW-20 whose answer streams is written when the head of the answer is there", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer = { status: 200, headers: { "content-type": "text/event-stream" }, body: ": hello\n\n" };
    backend.answerNextWith({ ...answer, endsAfter: promise });
    let response: Response | undefined;
    const { events } = await toolCallTrail(twin, async () => {
      response = await post(toolCall("add_note"));
    });
    expect(events).toEqual([event({})]);
    resolve();
    await response?.text();
  });
});
