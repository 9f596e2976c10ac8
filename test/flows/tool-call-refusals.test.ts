import { beforeEach, describe, expect, it } from "vitest";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";
import { managedIdentityToken, tokensOfPerson, workloadToken } from "../support/entra-client.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { toolCallTrail } from "../support/tool-call-trail.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const MIRA_ID = "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c";
const { nightlyReport, consoleClient } = demoTenant("http://localhost");

const backend = useRecordingBackend();
const twin = useOwnTwin(() => ({
  servers: [
    {
      ...notesServer(backend),
      access: { roles: ["Mcp.User"] },
      entraTokens: {
        clients: [nightlyReport.clientId, consoleClient.clientId],
        users: { "Mcp.Access": ["notes.list", "notes.read"] },
        workloads: { "Mcp.Workload": ["notes.list", "notes.read"] },
      },
      tools: {
        rules: [
          { name: "drop_*", deny: true },
          { name: "write_*", scopes: ["notes.write"] },
          { name: "curate_*", roles: ["Notes.Curator"] },
          { name: "curate_and_write_*", scopes: ["notes.write"], roles: ["Notes.Curator"] },
          { name: "slow", rate: { calls: 1, period: 300 } },
        ],
      },
      prompts: { rules: [{ name: "secret_*", deny: true }] },
    },
  ],
}));

beforeEach(() => backend.reset());

const toolCall = (name: string, id = 1) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: {} },
});

const post = (token: string, body: unknown) =>
  fetch(twin.mcpUrl, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** An access token of Mira's, from a session of its own, without the optional scope. */
async function accessToken(): Promise<string> {
  const client = await OAuthClient.register(twin.origin);
  const scope = "notes.list notes.read";
  return (await client.signIn(new Person(twin), MIRA, { resource: twin.mcpUrl, scope })).accessToken;
}

/** "tool outcome status reason" for each event. */
async function trailOf(token: string, ...bodies: unknown[]): Promise<string[]> {
  const { events } = await toolCallTrail(twin, async () => {
    for (const body of bodies) await post(token, body);
  });
  return events.map(({ tool, outcome, status, reason = "" }) => `${tool} ${outcome} ${status} ${reason}`);
}

describe("a tool call that an access rule decides about", () => {
  it.each([
    ["list_notes", "ok 200 "],
    ["drop_all", "refused 403 denied_by_rule"],
    ["DROP_ALL", "refused 403 denied_by_rule"],
    ["curate_notes", "refused 403 role_missing"],
    ["write_note", "refused 403 insufficient_scope"],
    ["curate_and_write_notes", "refused 403 role_missing"],
  ])("GW-20 GW-12 %s leaves one event: %s", async (tool, rest) => {
    expect(await trailOf(await accessToken(), toolCall(tool))).toEqual([`${tool} ${rest}`]);
  });

  it("GW-20 names the server, the client, the session and the person, as any other call", async () => {
    const token = await accessToken();
    const { events, metrics } = await toolCallTrail(twin, () => post(token, toolCall("drop_all")));
    expect(events).toMatchObject([
      {
        audit: true,
        server: "notes",
        client: expect.any(String),
        session: expect.any(String),
        user: MIRA_ID,
      },
    ]);
    expect(metrics).toEqual([{ Server: "notes", Tool: "(other)", Outcome: "refused" }]);
  });

  it.each([
    ["a denied call", ["list_notes", "drop_all"], "refused 403 denied_by_rule"],
    ["a denied call first", ["drop_all", "curate_notes", "list_notes"], "refused 403 denied_by_rule"],
    ["a call for a role", ["write_note", "curate_notes", "list_notes"], "refused 403 role_missing"],
    ["a call for a scope last", ["list_notes", "list_notes", "write_note"], "refused 403 insufficient_scope"],
    ["no refused call", ["list_notes", "list_notes"], "ok 200 "],
  ])("GW-20 in a batch with %s has the batch's outcome", async (_, tools, rest) => {
    const batch = tools.map((tool, index) => toolCall(tool, index));
    expect(await trailOf(await accessToken(), batch)).toEqual(tools.map((tool) => `${tool} ${rest}`));
  });

  it("GW-20 is refused with the prompt beside it, whose own refusal is no tool call", async () => {
    const prompt = { jsonrpc: "2.0", id: 2, method: "prompts/get", params: { name: "secret_plan" } };
    const token = await accessToken();
    expect(await trailOf(token, prompt)).toEqual([]);
    expect(await trailOf(token, [toolCall("list_notes"), prompt])).toEqual([
      "list_notes refused 403 denied_by_rule",
    ]);
  });

  it("GW-20 beyond a rule's own rate is refused for the rate", async () => {
    expect(await trailOf(await accessToken(), toolCall("slow"), toolCall("slow"))).toEqual([
      "slow ok 200 ",
      "slow refused 429 rate_limit",
    ]);
  });

  it("GW-20 with a body that no rule can read is one call that was not read", async () => {
    const token = await accessToken();
    expect(await trailOf(token, { ...toolCall("list_notes"), method: "Tools/Call" })).toEqual([
      "(unread) refused 400 bad_request",
    ]);
    const twice = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop_all","name":"list_notes"}}`;
    const { events } = await toolCallTrail(twin, () =>
      fetch(twin.mcpUrl, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: twice,
      }),
    );
    expect(events).toMatchObject([{ tool: "(unread)", outcome: "refused", status: 400 }]);
  });
});

describe("a tool call with an Entra token that was presented directly", () => {
  it("GW-20 GW-16 of a person names them and their client, and has no session", async () => {
    const { accessToken: token } = await tokensOfPerson(twin, MIRA);
    const { events, text } = await toolCallTrail(twin, () => post(token, toolCall("list_notes")));
    expect(events).toMatchObject([
      { client: consoleClient.clientId, user: MIRA_ID, tool: "list_notes", outcome: "ok", status: 200 },
    ]);
    expect(events[0]).not.toHaveProperty("session");
    expect(text).not.toContain(token.split(".")[2]);
  });

  it("GW-20 GW-16 of an application names its object ID and its client ID", async () => {
    const token = await workloadToken(twin);
    const { events } = await toolCallTrail(twin, () => post(token, toolCall("list_notes")));
    const { oid } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
      oid: string;
    };
    expect(events).toMatchObject([{ client: nightlyReport.clientId, user: oid, outcome: "ok" }]);
    expect(events[0]).not.toHaveProperty("session");
  });

  it.each([
    ["drop_all", "refused 403 denied_by_rule"],
    ["curate_notes", "refused 403 role_missing"],
    ["write_note", "refused 403 insufficient_scope"],
  ])("GW-20 GW-16 %s leaves the event of a rule: %s", async (tool, rest) => {
    const { accessToken: token } = await tokensOfPerson(twin, MIRA);
    expect(await trailOf(token, toolCall(tool))).toEqual([`${tool} ${rest}`]);
    expect(await trailOf(await workloadToken(twin), toolCall(tool))).toEqual([`${tool} ${rest}`]);
  });

  it("GW-20 that the backend refuses for more claims is the backend's", async () => {
    backend.answerNextWith({ status: 401, headers: {}, body: "" });
    expect(await trailOf(await workloadToken(twin), toolCall("list_notes"))).toEqual([
      "list_notes failed 401 backend_error",
    ]);
  });

  it("GW-20 leaves none when the token is not taken: of a client or a person that may not use the server", async () => {
    const calls = toolCall("list_notes");
    expect(await trailOf(await managedIdentityToken(twin), calls)).toEqual([]);
    const { accessToken: withoutRole } = await tokensOfPerson(twin, "Tess Marlow");
    expect((await post(withoutRole, calls)).status).toBe(403);
    expect(await trailOf(withoutRole, calls)).toEqual([]);
  });
});
