import { beforeAll, expect, it } from "vitest";
import { OAuthClient, send, type Tokens } from "../support/oauth-client.ts";
import { plainText } from "../support/page.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

/** Enough for two people to sign in, and not for one request more. */
const LIMITS = {
  register: { calls: 1, period: 300 },
  signIn: { calls: 8, period: 300 },
  token: { calls: 2, period: 300 },
  mcp: { calls: 2, period: 300 },
  documents: { calls: 40, period: 300 },
};

const twin = useOwnTwin({ rateLimits: LIMITS });
let client: OAuthClient;
let mira: Tokens;
let jonas: Tokens;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  mira = await client.signIn(new Person(twin), "Mira Okafor");
  jonas = await client.signIn(new Person(twin), "Jonas Lindqvist");
});

function expectRetryAfter(headers: Headers): void {
  const seconds = Number(headers.get("retry-after"));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(300);
  expect(headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
}

it.each(["/register", "/token", "/revoke"])(
  "GW-7 GW-8 %s answers 429 in OAuth's JSON, which a script on any site may read",
  async (path) => {
    const ask = () =>
      send(`${twin.origin}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: "https://app.example" },
        body: JSON.stringify({ redirect_uris: ["https://app.example/callback"] }),
      });
    // What web pages send counts apart.
    for (let sent = 0; sent < LIMITS.token.calls; sent++) await ask();
    const before = await twin.cosmos.documents();
    twin.cosmos.resetOperations();
    const { status, headers, json } = await ask();
    expect(status).toBe(429);
    expectRetryAfter(headers);
    expect(headers.get("content-type")).toContain("application/json");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(json).toMatchObject({
      error: "temporarily_unavailable",
      error_description: expect.stringContaining("Too many requests"),
      correlation_id: headers.get("x-correlation-id"),
    });
    expect(twin.cosmos.operations()).toEqual({});
    expect(await twin.cosmos.documents()).toEqual(before);
  },
);

it.each([
  ["GET", "/authorize"],
  ["POST", "/consent"],
  ["POST", "/callback"],
  ["GET", "/callback"],
])("GW-7 GW-8 %s %s answers 429 with a page", async (method, path) => {
  const { status, headers, text } = await send(`${twin.origin}${path}`, { method });
  expect(status).toBe(429);
  expectRetryAfter(headers);
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(plainText(text)).toContain("Too many requests");
  expect(plainText(text)).toContain(headers.get("x-correlation-id"));
});

it("GW-7 GW-8 an MCP server answers 429 in JSON-RPC, to one session and not to another", async () => {
  const call = (tokens: Tokens) => client.callTool(twin.mcpUrl, tokens.accessToken, "whoami");
  expect([(await call(mira)).status, (await call(mira)).status]).toEqual([200, 200]);
  const { status, headers, json } = await call(mira);
  expect(status).toBe(429);
  expectRetryAfter(headers);
  expect(json).toMatchObject({ jsonrpc: "2.0", id: null, error: { message: "Too many requests" } });
  expect((await call(jonas)).status).toBe(200);
});

it("GW-7 counts a caller by its address, whatever it says of itself", async () => {
  for (const headers of [
    { "x-forwarded-for": "203.0.113.7" },
    { "x-real-ip": "203.0.113.7" },
    { forwarded: "for=203.0.113.7" },
    { "x-azure-clientip": "203.0.113.7" },
    { "user-agent": "another" },
  ]) {
    expect((await send(`${twin.origin}/token`, { method: "POST", headers })).status).toBe(429);
  }
});

it("GW-7 does not count calls without a valid token against a session", async () => {
  for (let attempt = 0; attempt < 5; attempt++) {
    expect((await client.callTool(twin.mcpUrl, "garbage", "whoami")).status).toBe(401);
  }
  expect((await client.callTool(twin.mcpUrl, jonas.accessToken, "whoami")).status).toBe(200);
});

it("GW-7 leaves public documents to everyone, however much of the rest is used up, but not to a flood", async () => {
  const paths = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource/mcp",
    "/jwks",
  ];
  const get = (path = "/health/live") =>
    send(`${twin.origin}${path}`, { headers: { origin: "https://app.example" } });
  for (const path of paths) expect((await get(path)).status).toBe(200);
  const answers = await Promise.all(Array.from({ length: 45 }, (_, i) => get(paths[i % 4])));
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(10);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
  for (const path of paths) {
    const { status, headers } = await get(path);
    expect(status).toBe(429);
    expectRetryAfter(headers);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-expose-headers")).toBe("Retry-After");
  }
});
