import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useRecordingBackend } from "../support/recording-backend.ts";
import { ruledServer, WITH_ROLE, WITHOUT_ROLE } from "../support/ruled-server.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => {
  const { prompts: _prompts, access: _access, ...server } = ruledServer(backend);
  const rate = { calls: 3, period: 60 };
  return {
    servers: [
      {
        ...server,
        tools: {
          rules: [
            // Each test has its own, because a rate is not renewed while the tests run.
            ...["mail", "chat", "post", "sms"].map((what) => ({ name: `${what}_*`, rate })),
            { name: "fax_*", rate: { calls: 1000, period: 60 } },
            { name: "*_all", rate: { ...rate, calls: 2 } },
            { name: "drop_*", deny: true },
          ],
        },
        resources: { rules: [{ uri: "note://*", rate }] },
      },
    ],
  };
});
let client: OAuthClient;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  for (const who of [WITH_ROLE, WITHOUT_ROLE]) {
    tokens[who] = (await client.signIn(new Person(twin), who)).accessToken;
    tokens[`${who} again`] = (await client.signIn(new Person(twin), who)).accessToken;
  }
});

beforeEach(() => backend.reset());

const tool = (name: string, id = 1) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name } });
const post = (message: unknown, who = WITH_ROLE) => client.send(twin.mcpUrl, tokens[who], message);
const status = async (message: unknown, who?: string) => (await post(message, who)).status;

describe("GW-12 a rate of a rule", () => {
  it("limits a person's calls of all that the rule matches, in all sessions together", async () => {
    expect(await status(tool("mail_send"))).toBe(200);
    expect(await status(tool("MAIL_list"))).toBe(200);
    expect(await status(tool("mail_x"), `${WITH_ROLE} again`)).toBe(200);
    const { status: last, headers, json } = await post(tool("mail_send"));
    expect(last).toBe(429);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(json).toMatchObject({ jsonrpc: "2.0", error: { code: -32003 } });
    expect(backend.requests.length).toBe(3);
  });

  it("is each person's, and of nothing else", async () => {
    for (let n = 0; n < 4; n++) await post(tool("chat_send"));
    expect(await status(tool("chat_send"))).toBe(429);
    expect(await status(tool("chat_send"), WITHOUT_ROLE)).toBe(200);
    expect(await status(tool("read_note"))).toBe(200);
    expect(
      await status({ jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri: "other://1" } }),
    ).toBe(200);
  });

  it("holds beside that of another rule", async () => {
    expect(await status(tool("fax_all"))).toBe(200);
    expect(await status(tool("fax_all"))).toBe(200);
    expect(await status(tool("fax_all"))).toBe(429);
    expect(await status(tool("other_all"))).toBe(429);
  });

  it("counts each call of a batch, and refuses one that it could never let through", async () => {
    expect(await status([tool("post_a", 1), tool("read_note", 2), tool("post_b", 3)])).toBe(200);
    expect(await status(tool("post_a"))).toBe(200);
    expect(await status(tool("post_a"))).toBe(429);
    const whole = await post([1, 2, 3, 4].map((id) => tool("post_a", id)));
    expect(whole.status).toBe(429);
    expect(whole.json).toMatchObject({ error: { code: -32003 } });
  });

  it("does not count what is refused", async () => {
    for (let n = 0; n < 5; n++) expect(await status([tool("sms_a", 1), tool("drop_b", 2)])).toBe(403);
    expect(await status(tool("sms_a"))).toBe(200);
  });

  it("counts a read however the URI is written", async () => {
    const read = (uri: string) =>
      status({ jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri } });
    for (const uri of ["note://1", "NOTE://2", "%6eote://3"]) expect(await read(uri)).toBe(200);
    expect(await read("note://4")).toBe(429);
  });
});
