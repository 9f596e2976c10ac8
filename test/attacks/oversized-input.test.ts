import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Answer, OAuthClient, send, type Tokens, toolResult } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { rawRequest } from "../support/raw-request.ts";
import { useTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const JSON_TYPE = "application/json";
const FORM = "application/x-www-form-urlencoded";

const twin = useTwin();
let client: OAuthClient;
let tokens: Tokens;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), MIRA);
});

// Whatever came, the next request is served.
afterEach(async () => {
  expect(toolResult(await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami"))).toMatchObject({
    name: MIRA,
  });
  expect((await send(client.authorizationRequest().url)).status).toBe(200);
});

const nested = (depth: number, open = "[", close = "]") => `${open.repeat(depth)}${close.repeat(depth)}`;

function post(path: string, type: string, body: string): Promise<Answer> {
  return send(`${twin.origin}${path}`, { method: "POST", headers: { "content-type": type }, body });
}

const asMcp = (body: string) =>
  send(twin.mcpUrl, {
    method: "POST",
    headers: {
      authorization: `Bearer ${tokens.accessToken}`,
      "content-type": JSON_TYPE,
      accept: "application/json, text/event-stream",
    },
    body,
  });

describe("deeply nested input", () => {
  it.each<[string, string]>([
    ["a hundred thousand arrays", nested(100_000)],
    ["a hundred thousand objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["seven thousand arrays, within the limit", nested(7_000)],
    ["fifteen thousand arrays that nobody closes", "[".repeat(15_000)],
    ["seven thousand arrays in redirect_uris", `{"redirect_uris":${nested(7_000)}}`],
    [
      "seven thousand arrays in client_name",
      `{"redirect_uris":["http://localhost/callback"],"client_name":${nested(7_000)}}`,
    ],
    [
      "seven thousand arrays in a key set",
      `{"redirect_uris":["http://localhost/callback"],"token_endpoint_auth_method":"private_key_jwt","jwks":${nested(7_000)}}`,
    ],
    [
      "seven thousand arrays in a member of a key",
      `{"redirect_uris":["http://localhost/callback"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"EC","a":${nested(7_000)}}]}}`,
    ],
  ])("CLI-1 is refused by /register: %s", async (_, body) => {
    const { status, json } = await post("/register", JSON_TYPE, body);
    expect([400, 413]).toContain(status);
    expect(json["error"]).toMatch(/^invalid_(client_metadata|redirect_uri|request)$/);
  });

  it("CLI-1 is left out by /register where it stands in a member that nobody reads", async () => {
    const { status, json } = await post(
      "/register",
      JSON_TYPE,
      `{"redirect_uris":["http://localhost/callback"],"a":${nested(7_000)}}`,
    );
    expect(status).toBe(201);
    expect(json).not.toHaveProperty("a");
  });

  it.each<[string, string]>([
    ["a hundred thousand arrays", nested(100_000)],
    [
      "a hundred thousand arrays as a tool's arguments",
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{"a":${nested(100_000)}}}}`,
    ],
  ])("GW-8 brings down neither the gateway nor the MCP server: %s", async (_, body) => {
    expect((await asMcp(body)).status).toBeLessThan(500);
  });

  it("SES-1 is no cookie, no transaction, no token and no assertion", async () => {
    const part = (text: string) => Buffer.from(text).toString("base64url");
    const deep = `${part(nested(1_000))}.${part(nested(1_000))}.AA`;
    const cookies = ["__Host-sign-in", "__Host-consent"].map(
      (name) => `${name}-AAAAAAAAAAAAAAAAAAAAAA=${deep}`,
    );
    const answers = [
      await send(`${twin.origin}/callback?state=AAAAAAAAAAAAAAAAAAAAAA&code=1`, {
        headers: { cookie: cookies.join("; ") },
      }),
      await client.callTool(twin.mcpUrl, deep, "whoami"),
      await client.refresh(deep),
      await client.revoke(deep),
      await client.refresh("x", {
        client_assertion: deep,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 400, 200, 401]);
  });
});

describe("oversized input", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=${index}`).join("&");

  it.each<[string, string, number]>([
    ["thousands of parameters", many(6_000), 400],
    ["one parameter thousands of times", `grant_type=refresh_token&${"a=1&".repeat(15_000)}`, 400],
    ["thousands of empty parameters", "&".repeat(60_000), 400],
    ["a megabyte", `grant_type=refresh_token&refresh_token=${"x".repeat(1_000_000)}`, 413],
  ])("TOK-2 is refused by /token: %s", async (_, body, status) => {
    expect((await post("/token", FORM, body)).status).toBe(status);
  });

  it.each<[string, () => string, readonly number[]]>([
    ["two hundred parameters", () => many(200), [200]],
    [
      "a hundred resources",
      () => "resource=https%3A%2F%2Fa.example".concat("&resource=a".repeat(100)),
      [303],
    ],
    ["hundreds of scopes", () => `scope=${"a+".repeat(700)}`, [303]],
    ["a long state", () => `state=${"s".repeat(1_600)}`, [200]],
    ["thousands of parameters", () => many(1_500), [404]],
    ["a huge state", () => `state=${"s".repeat(12_000)}`, [404]],
    ["more than a request's head may hold", () => `state=${"s".repeat(40_000)}`, [431]],
  ])("AUT-1 is refused or done without by /authorize: %s", async (_, query, statuses) => {
    const { url } = client.authorizationRequest({ state: undefined });
    expect(statuses).toContain((await send(`${url}&${query()}`)).status);
  });

  it("CON-4 is refused or done without in cookies and headers", async () => {
    const cookie = (count: number, size: number) =>
      Array.from({ length: count }, (_, index) => `__Host-sign-in-${index}=${"c".repeat(size)}`).join("; ");
    const { url } = client.authorizationRequest();
    const target = url.slice(twin.origin.length);
    for (const [headers, status] of [
      [{ cookie: cookie(200, 40) }, 200],
      [{ cookie: cookie(2, 5_000) }, 200],
      [{ cookie: ";=".repeat(4_000) }, 200],
      [{ cookie: cookie(1, 40_000) }, 431],
      [{ "x-huge": "x".repeat(40_000) }, 431],
    ] as const) {
      expect((await rawRequest(twin.origin, target, { headers })).status).toBe(status);
    }
    const callback = await rawRequest(twin.origin, "/callback?state=x&code=1", {
      headers: { cookie: cookie(200, 40) },
    });
    expect(callback.status).toBe(400);
  });

  it("GW-18 is refused, and not called an outage, where the gateway takes a head that is too large for the app", async () => {
    // With what the gateway adds, it is more than the Functions host takes.
    const headers = { "x-huge": "x".repeat(31_900) };
    const authorize = client.authorizationRequest().url.slice(twin.origin.length);
    const page = await rawRequest(twin.origin, authorize, { headers });
    expect([page.status, page.headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"]);
    const { status, text } = await rawRequest(twin.origin, "/token", { method: "POST", headers });
    expect([status, JSON.parse(text)]).toMatchObject([
      400,
      { error: "invalid_request", error_description: "The request is malformed or too large." },
    ]);
  });

  it("CLI-1 is refused by /register: hundreds of members, URIs, keys", async () => {
    const uris = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => `x:/${index}`));
    const keys = JSON.stringify({ keys: Array(1_000).fill({ kty: "EC" }) });
    const members = JSON.stringify(
      Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`m${index}`, 1])),
    );
    for (const body of [
      `{"redirect_uris":${uris}}`,
      members,
      `{"redirect_uris":["http://localhost/callback"],"token_endpoint_auth_method":"private_key_jwt","jwks":${keys}}`,
    ]) {
      expect((await post("/register", JSON_TYPE, body)).status).toBe(400);
    }
  });
});
