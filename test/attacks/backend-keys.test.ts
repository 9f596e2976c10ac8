import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SERVERS_BEHIND_KEYS, VAULT } from "../../infra/testing/subject.ts";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { rawRequest } from "../support/raw-request.ts";
import { DEFAULT_ANSWER, notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const KEY = 'Zq9-a "key" with \\ quotes==';

const BASIC = `Basic ${Buffer.from("gateway:of-the-backend").toString("base64")}`;

const [behindKey] = SERVERS_BEHIND_KEYS.servers;
const headers = behindKey && "headers" in behindKey.backend ? behindKey.backend.headers : undefined;

const backend = useRecordingBackend();
const twin = useOwnTwin(
  () => ({
    servers: [
      { ...notesServer(backend), backend: { url: backend.url, ...(headers && { headers }) } },
      { ...notesServer(backend), name: "open", scopes: [{ name: "open.use", description: "use it" }] },
      {
        name: "basic",
        title: "Behind Basic authentication",
        identity: "none",
        backend: { url: backend.url, headers: { Authorization: { keyVault: VAULT, secret: "basic-key" } } },
        scopes: [{ name: "basic.use", description: "use it" }],
      },
    ],
  }),
  { environment: { BACKEND_SECRET_NOTES_KEY: KEY, BACKEND_SECRET_BASIC_KEY: BASIC } },
);
let client: OAuthClient;
let tokens: Tokens;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), MIRA, { resource: twin.mcpUrl });
});

beforeEach(() => backend.reset());

const call = (fields: Readonly<Record<string, string | string[]>> = {}, method = "POST", path = "/mcp") =>
  rawRequest(twin.origin, path, {
    method,
    headers: { Authorization: `Bearer ${tokens.accessToken}`, "Content-Type": "application/json", ...fields },
    ...(method === "POST" ? { body: "{}" } : {}),
  });

/** What the backend got in the field, call by call. */
const keysAtBackend = () => backend.requests.map((request) => request.headers["x-functions-key"]);

describe("a backend behind a key", () => {
  it.each(["POST", "GET", "HEAD", "DELETE"])("GW-19 gets the key with each %s", async (method) => {
    await call({}, method);
    expect(keysAtBackend()).toEqual([KEY]);
  });

  it("GW-19 never gets a client's own field of that name, however it is written", async () => {
    await call({ "X-Functions-Key": "mine" });
    await call({ "x-functions-key": ["mine", "and mine"] });
    await call({ "X-FUNCTIONS-KEY": "" });
    expect(keysAtBackend()).toEqual([KEY, KEY, KEY]);
    expect(JSON.stringify(backend.requests)).not.toContain("mine");
  });

  it("GW-19 gets the key again with the second try after it refused", async () => {
    backend.answerNextWith({ status: 401, headers: {}, body: "" });
    await call();
    expect(keysAtBackend()).toEqual([KEY, KEY]);
  });

  it("GW-19 is the only one that gets it", async () => {
    const second = await client.signIn(new Person(twin), MIRA, { resource: `${twin.origin}/open/mcp` });
    await call({ Authorization: `Bearer ${second.accessToken}` }, "POST", "/open/mcp");
    expect(keysAtBackend()).toEqual([undefined]);
  });

  it.each(["POST", "GET"])(
    "GW-19 gets only the key in Authorization, where it wants it there: %s",
    async (method) => {
      const { accessToken } = await client.signIn(new Person(twin), MIRA, {
        resource: `${twin.origin}/basic/mcp`,
      });
      const { status } = await call({ Authorization: `Bearer ${accessToken}` }, method, "/basic/mcp");
      backend.answerNextWith({ status: 401, headers: { "www-authenticate": "Basic" }, body: "" });
      const refused = await call({ Authorization: `Bearer ${accessToken}` }, method, "/basic/mcp");
      expect([status, refused.status]).toEqual([200, 502]);
      expect(backend.requests.map((request) => request.headers.authorization)).toEqual([BASIC, BASIC]);
      expect(JSON.stringify([refused, await twin.allLogs()])).not.toContain(BASIC.slice(6));
    },
  );

  it("GW-19 has its key in no answer and no log, also when it refuses or fails", async () => {
    const answers = [
      DEFAULT_ANSWER,
      { status: 401, headers: {}, body: "" },
      { status: 403, headers: { "www-authenticate": "Bearer" }, body: "no" },
      { status: 302, headers: { location: "https://elsewhere.example" }, body: "" },
      { status: 500, headers: {}, body: "" },
    ];
    for (const answer of answers) {
      backend.answerWith(answer);
      const answered = await call({ Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
      expect(JSON.stringify(answered)).not.toContain("Zq9-a");
    }
    expect(JSON.stringify(await twin.allLogs())).not.toContain("Zq9-a");
    expect(JSON.stringify(twin.resolved)).not.toContain("functions-key");
  });
});
