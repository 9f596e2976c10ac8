import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { plainText } from "../support/page.ts";
import { Person } from "../support/person.ts";
import { rawRequest } from "../support/raw-request.ts";
import { useTwinWithNotes } from "../support/use-twin.ts";

const { twin, backend } = useTwinWithNotes();
let client: OAuthClient;
let tokens: Tokens;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), "Mira Okafor", { resource: `${twin.origin}/notes/mcp` });
});
/** What `@azure/functions` cannot make header fields of. */
const VALUE = encodeURIComponent('{"a b":"c"}');
/** Spellings of one name. */
const QUERIES = [
  `Headers=${VALUE}`,
  `headers=${VALUE}`,
  `HEADERS=${VALUE}`,
  `%48%65aders=${VALUE}`,
  `a=b&Headers=${VALUE}&Headers=x`,
  "Headers",
  "Headers=",
];

describe.each(QUERIES)("a query parameter called Headers: %s", (query) => {
  it.each([
    ["GET", "/.well-known/oauth-authorization-server"],
    ["POST", "/register"],
    ["POST", "/token"],
    ["POST", "/revoke"],
    ["DELETE", "/register/client"],
  ])("GW-18 is refused in OAuth's JSON at %s %s", async (method, path) => {
    const { status, headers, text } = await rawRequest(twin.origin, `${path}?${query}`, { method });
    expect([status, JSON.parse(text).error]).toEqual([400, "invalid_request"]);
    expect(JSON.parse(text).correlation_id).toBe(headers.get("x-correlation-id"));
  });

  it.each([
    ["GET", "/authorize"],
    ["POST", "/consent"],
    ["GET", "/callback"],
    ["GET", "/account"],
  ])("GW-18 is refused with a page at %s %s", async (method, path) => {
    const { status, headers, text } = await rawRequest(twin.origin, `${path}?${query}`, { method });
    expect([status, headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"]);
    expect(plainText(text)).toContain(headers.get("x-correlation-id"));
  });

  it("GW-18 is refused in JSON-RPC at an MCP server, whose backend does not see it", async () => {
    backend.forget();
    const { status, text } = await rawRequest(twin.origin, `/notes/mcp?${query}`, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens.accessToken}`, "content-type": "application/json" },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    expect([status, JSON.parse(text)]).toMatchObject([400, { jsonrpc: "2.0", error: { code: -32600 } }]);
    expect(backend.requests).toEqual([]);
  });

  it("GW-18 changes nothing at the Functions apps themselves", async () => {
    const authorizationServer = await rawRequest(twin.authorizationServer.url, `/authorize?${query}`);
    expect(authorizationServer.status).toBe(401);
    const mcpServer = await rawRequest(twin.graphMcp.url, `/mcp?${query}`, { method: "POST" });
    expect(mcpServer.status).toBe(401);
  });
});
