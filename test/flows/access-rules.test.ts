import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { DEFAULT_ANSWER, useRecordingBackend } from "../support/recording-backend.ts";
import { ruledServer, WITH_ROLE, WITHOUT_ROLE } from "../support/ruled-server.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const FEW = "notes.list notes.read";
const ALL = "notes.list notes.read notes.write";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => ({ servers: [ruledServer(backend)] }));
const tokens = new Map<string, string>();
let client: OAuthClient;

/** Access tokens: who, and whether the optional scope was granted. */
type As = "curator" | "curator with all" | "other" | "other with all";
const PEOPLE = { curator: WITH_ROLE, other: WITHOUT_ROLE } as const;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  for (const who of ["curator", "other"] as const) {
    for (const [suffix, scope] of [
      ["", FEW],
      [" with all", ALL],
    ] as const) {
      const { accessToken } = await client.signIn(new Person(twin), PEOPLE[who], { scope });
      tokens.set(who + suffix, accessToken);
    }
  }
});

beforeEach(() => {
  backend.reset();
  backend.answerWith(DEFAULT_ANSWER);
});

/** Posts the message as it is. */
async function post(as: As, message: unknown, headers: Readonly<Record<string, string>> = {}) {
  const answer = await send(twin.mcpUrl, {
    method: "POST",
    headers: {
      authorization: `Bearer ${tokens.get(as)}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: typeof message === "string" ? message : JSON.stringify(message),
  });
  return { ...answer, body: answer.text === "" ? undefined : JSON.parse(answer.text) };
}

const call = (method: string, params: unknown, id: unknown = 7) => ({ jsonrpc: "2.0", id, method, params });
const tool = (name: string, id: unknown = 7) => call("tools/call", { name, arguments: {} }, id);

const challenge = `Bearer error="insufficient_scope", resource_metadata="${"ORIGIN"}/.well-known/oauth-protected-resource/mcp", scope="${ALL}"`;
const expectedChallenge = () => challenge.replace("ORIGIN", twin.origin);

describe("a message to a server with rules", () => {
  it.each<[string, As, unknown]>([
    ["a tool that no rule names", "other", tool("read_note")],
    ["a tool whose scope was granted", "other with all", tool("write_note")],
    ["a tool whose role the person has", "curator", tool("curate_note")],
    ["a tool that needs both", "curator with all", tool("write_all")],
    ["a prompt that a rule names", "other", call("prompts/get", { name: "drafts" })],
    ["a resource that a rule names", "other", call("resources/read", { uri: "note://1" })],
    ["a resource with an escape", "other", call("resources/read", { uri: "note://a%20b" })],
    [
      "a completion",
      "other",
      call("completion/complete", {
        ref: { type: "ref/prompt", name: "draft" },
        argument: { name: "a", value: "b" },
      }),
    ],
    [
      "a template's completion",
      "other",
      call("completion/complete", {
        ref: { type: "ref/resource", uri: "note://{id}" },
        argument: { name: "a", value: "b" },
      }),
    ],
    ["a subscription", "other", call("resources/subscribe", { uri: "note://1" })],
    [
      "a listener",
      "other",
      call("subscriptions/listen", {
        notifications: { toolsListChanged: true, resourceSubscriptions: ["note://1"] },
      }),
    ],
    ["a list", "other", call("tools/list", {})],
    ["another method", "other", call("initialize", { protocolVersion: "2025-06-18" })],
    ["a method without parameters", "other", { jsonrpc: "2.0", id: 1, method: "ping" }],
    ["a notification", "other", { jsonrpc: "2.0", method: "notifications/initialized" }],
    ["an answer", "other", { jsonrpc: "2.0", id: 3, result: { action: "accept" } }],
    ["an answer that is an error", "other", { jsonrpc: "2.0", id: 3, error: { code: 1, message: "x" } }],
    [
      "a batch",
      "other",
      [tool("read_note", 1), tool("read_note", 2), { jsonrpc: "2.0", method: "notifications/initialized" }],
    ],
    ["a name with upper case", "other", tool("Read_Note")],
  ])("GW-12 goes on to the letter: %s", async (_, as, message) => {
    const text = `${JSON.stringify(message, null, 1)} `;
    const { status } = await post(as, text);
    expect(status).toBe(200);
    expect(backend.requests.map(({ body }) => body)).toEqual([text]);
  });
});

describe("a refusal", () => {
  it.each<[string, As, unknown]>([
    ["a tool", "curator", tool("write_note")],
    ["a tool by another case", "curator", tool("WRITE_note")],
    ["a tool whose role the person has", "curator", tool("write_all")],
    ["a resource", "curator", call("resources/read", { uri: "note://team/1" })],
    ["a resource, escaped", "curator", call("resources/read", { uri: "note://%74eam/1" })],
  ])(
    "GW-12 for a missing scope challenges with every scope, granted and missing: %s",
    async (_, as, message) => {
      const { status, headers, body } = await post(as, message);
      expect([status, headers.get("www-authenticate")]).toEqual([403, expectedChallenge()]);
      expect(body).toMatchObject({ jsonrpc: "2.0", id: 7, error: { code: -32001 } });
      expect(body.error.message).toContain("notes.write");
      expect(backend.requests).toEqual([]);
    },
  );

  it.each<[string, As, unknown, string]>([
    [
      "a role",
      "other with all",
      tool("curate_note"),
      'curate_note needs the role or group Curator "of" notes',
    ],
    [
      "a role, where a scope is missing too",
      "other",
      tool("write_all"),
      'write_all needs the role or group Curator "of" notes',
    ],
    ["a prompt's role", "other", call("prompts/get", { name: "draft_secret" }), "needs the role or group"],
    ["a tool that is denied", "curator with all", tool("drop_note"), "Nobody may use drop_note"],
    ["a tool that is denied by its whole name", "curator with all", tool("exact"), "Nobody may use exact"],
    [
      "a tool that is denied by a pattern of parts",
      "curator with all",
      tool("a1b2c"),
      "Nobody may use a1b2c",
    ],
    [
      "a prompt that nothing allows",
      "curator with all",
      call("prompts/get", { name: "other" }),
      "Nobody may use other",
    ],
    [
      "a resource that nothing allows",
      "curator with all",
      call("resources/read", { uri: "file:///x" }),
      "Nobody may use file:///x",
    ],
    [
      "a resource that is denied",
      "curator with all",
      call("resources/read", { uri: "note://secret/1" }),
      "Nobody may use note://secret/1",
    ],
    [
      "a resource that is denied, escaped",
      "curator with all",
      call("resources/read", { uri: "note://%73ecret/1" }),
      "Nobody may use",
    ],
    [
      "a resource that only its escaped form allows",
      "curator with all",
      call("resources/read", { uri: "%6Eote://1" }),
      "Nobody may use",
    ],
    [
      "a subscription",
      "curator with all",
      call("resources/unsubscribe", { uri: "note://secret/1" }),
      "Nobody may use",
    ],
    [
      "a listener, for one of its resources",
      "curator with all",
      call("subscriptions/listen", {
        notifications: { resourceSubscriptions: ["note://1", "note://secret/1"] },
      }),
      "Nobody may use note://secret/1",
    ],
    [
      "a prompt's completion",
      "curator with all",
      call("completion/complete", { ref: { type: "ref/prompt", name: "other" } }),
      "Nobody may use other",
    ],
    [
      "a template's completion",
      "curator with all",
      call("completion/complete", { ref: { type: "ref/resource", uri: "note://secret/{id}" } }),
      "Nobody may use",
    ],
  ])("GW-12 comes without a challenge for %s", async (_, as, message, says) => {
    const { status, headers, body } = await post(as, message);
    expect([status, headers.get("www-authenticate")]).toEqual([403, null]);
    expect(body).toMatchObject({ jsonrpc: "2.0", id: 7, error: { code: -32004 } });
    expect(body.error.message).toContain(says);
    expect(body.error.data.correlationId).toBe(headers.get("x-correlation-id"));
    expect(backend.requests).toEqual([]);
  });

  it.each(["a1b2", "1a1b2c", "abC_", "exact1", "exac"])(
    "does not hit a tool that no pattern matches: %s",
    async (name) => {
      expect((await post("other", tool(name))).status).toBe(200);
    },
  );

  it.each([
    "7",
    '"x"',
    '"\\u00e9\\"\\\\"',
    "123456789012345678901234567890",
    "-1.50",
    "1e400",
    '"2026-01-01T00:00:00Z"',
    '"/Date(1)/"',
    '""',
    "null",
  ])("GW-12 has the request's own id: %s", async (id) => {
    const { text } = await post(
      "other",
      `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"drop_x"}}`,
    );
    expect(text).toContain(`"id":${id.startsWith('"') ? JSON.stringify(JSON.parse(id)) : id},`);
    expect(backend.requests).toEqual([]);
  });

  it("GW-12 of a batch has an error for each request, with its reason", async () => {
    const batch = [
      tool("read_note", 1),
      tool("drop_note", "two"),
      { jsonrpc: "2.0", method: "notifications/initialized" },
    ];
    const { status, body } = await post("other", batch);
    expect(status).toBe(403);
    expect(
      body.map(({ id, error }: { id: unknown; error: { message: string } }) => [id, error.message]),
    ).toEqual([
      [1, "Another message of the batch was refused"],
      ["two", "Nobody may use drop_note"],
    ]);
    expect(backend.requests).toEqual([]);
  });

  it("GW-12 of a batch challenges only where another access token would help with all of it", async () => {
    const scope = await post("other", [tool("read_note", 1), tool("write_note", 2)]);
    expect([scope.status, scope.headers.get("www-authenticate")]).toEqual([403, expectedChallenge()]);
    const both = await post("other", [tool("write_note", 1), tool("curate_note", 2)]);
    expect([both.status, both.headers.get("www-authenticate")]).toEqual([403, null]);
    expect(both.body.map(({ error }: { error: { code: number } }) => error.code)).toEqual([-32001, -32004]);
    expect(backend.requests).toEqual([]);
  });

  it("GW-12 of a notification has no id", async () => {
    const { status, body } = await post("other", {
      jsonrpc: "2.0",
      method: "tools/call",
      params: { name: "drop_x" },
    });
    expect([status, body.id]).toEqual([403, null]);
    expect(backend.requests).toEqual([]);
  });
});

it("GW-12 costs no store operation and no internal call where the gateway has the user's token", async () => {
  const internalCalls = async (name: string) => {
    const { length: before } = await twin.allLogs();
    const { status } = await post("curator with all", tool(name));
    const lines = (await twin.allLogs()).slice(before);
    return [status, lines.filter((line) => JSON.stringify(line).includes("session-token")).length > 0];
  };
  twin.gateway.cache.clear();
  expect(await internalCalls("curate_note")).toEqual([200, true]);
  twin.cosmos.resetOperations();
  expect(await internalCalls("curate_note")).toEqual([200, false]);
  expect(await internalCalls("drop_note")).toEqual([403, false]);
  expect(twin.cosmos.operations()).toEqual({});
});
