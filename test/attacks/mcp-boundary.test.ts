import { decodeJwt } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { type RawHeaders, rawRequest } from "../support/raw-request.ts";
import {
  type BackendAnswer,
  DEFAULT_ANSWER,
  notesServer,
  useRecordingBackend,
} from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => ({ servers: [notesServer(backend)] }));
let client: OAuthClient;
let tokens: Tokens;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), MIRA);
});

beforeEach(() => {
  backend.answerWith(DEFAULT_ANSWER);
  backend.forget();
});

/** Calls the server with these header fields and this query, and a good access token. */
const call = (headers: RawHeaders = {}, query = "", method = "POST") =>
  rawRequest(twin.origin, `/mcp${query}`, {
    method,
    headers: {
      Authorization: `Bearer ${tokens.accessToken}`,
      ...(method === "POST" ? { "Content-Type": "application/json" } : {}),
      ...headers,
    },
    ...(method === "POST" ? { body: "{}" } : {}),
  });

/** The names of the fields that the backend got. */
const received = () => Object.keys(backend.requests[0]?.headers ?? {}).sort();

/** What the gateway itself sends, whatever the client sent. */
const OF_THE_GATEWAY = [
  "authorization",
  "connection",
  "content-length",
  "content-type",
  "host",
  "x-correlation-id",
  "x-forwarded-for",
  "x-gateway-client",
  "x-gateway-scopes",
  "x-gateway-token-expires",
];

const numbered = (count: number): RawHeaders =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Surplus-${index}`, "x"]));

describe("a header field of a request", () => {
  it.each([
    ["the platform's identity", "X-MS-CLIENT-PRINCIPAL", "eyJ9"],
    ["the platform's identity", "X-MS-CLIENT-PRINCIPAL-ID", "admin"],
    ["the platform's identity", "X-MS-CLIENT-PRINCIPAL-NAME", "admin"],
    ["the platform's identity", "X-MS-TOKEN-AAD-ACCESS-TOKEN", "eyJ9"],
    ["a proxy's identity", "X-Forwarded-User", "admin"],
    ["a proxy's identity", "X-Auth-Request-Email", "admin@contoso.example"],
    ["a proxy's identity", "Remote-User", "admin"],
    ["a client certificate", "X-ARR-ClientCert", "MIIB"],
    ["a client certificate", "X-Client-Cert", "MIIB"],
    ["another method", "X-HTTP-Method-Override", "DELETE"],
    ["another method", "X-HTTP-Method", "DELETE"],
    ["another path", "X-Original-URL", "/admin"],
    ["another path", "X-Rewrite-URL", "/admin"],
    ["another path", "X-WAWS-Unencoded-URL", "/admin"],
    ["another host", "X-Forwarded-Host", "evil.example"],
    ["another host", "Forwarded", "host=evil.example"],
    ["another scheme", "X-Forwarded-Proto", "http"],
    ["another address", "X-Real-IP", "10.0.0.1"],
    ["another address", "True-Client-IP", "10.0.0.1"],
    ["a key", "X-Functions-Key", "key"],
    ["a key", "Ocp-Apim-Subscription-Key", "key"],
    ["the gateway's own word", "X-Gateway-Authorization", "Bearer x"],
    ["the gateway's own word", "X-Gateway-Ended-Session", "x"],
    ["the gateway's own word", "X-Gateway-Anything", "x"],
    ["the gateway's own word with an underscore", "X_Gateway_Scopes", "notes.write"],
    ["credentials", "Cookie", "a=b"],
    ["credentials", "Proxy-Authorization", "Basic eDp5"],
    ["a page's origin", "Origin", "https://app.example"],
    ["a range", "Range", "bytes=0-1"],
    ["a field that begins like MCP's", "McpX-Session", "x"],
    ["a field that nobody knows", "X-Whatever", "x"],
  ])("GW-11 does not reach the backend when it claims %s: %s", async (_, name, value) => {
    expect((await call({ [name]: value })).status).toBe(200);
    expect(received()).toEqual(OF_THE_GATEWAY);
  });

  it("GW-11 does not reach the backend in any other spelling, or beside many others", async () => {
    const headers = {
      "x-ms-client-principal-ID": "a",
      "x-forwarded-USER": "b",
      COOKIE: "c",
      ...numbered(40),
    };
    expect((await call(headers)).status).toBe(200);
    expect(received()).toEqual(OF_THE_GATEWAY);
    expect(backend.requests[0]?.headers["x-forwarded-for"]).toBe("127.0.0.1");
  });

  it("GW-11 does not put an address before the caller's own", async () => {
    await call({ "X-Forwarded-For": "10.0.0.1, 10.0.0.2" });
    expect(backend.requests[0]?.headers["x-forwarded-for"]).toBe("127.0.0.1");
  });

  it("GW-11 ends the request, without asking the backend, where more are surplus than can be taken away", async () => {
    const { status, headers, text } = await call(numbered(80));
    expect(status).toBe(431);
    expect(JSON.parse(text)).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32005 } });
    expect(headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(backend.requests).toEqual([]);
  });

  it("GW-4 GW-11 reaches the backend where MCP, the content or a trace needs it", async () => {
    const needed = {
      Accept: "application/json, text/event-stream",
      "Accept-Encoding": "gzip",
      "Accept-Language": "de",
      "Content-Encoding": "identity",
      "If-Modified-Since": "Sat, 01 Nov 2025 00:00:00 GMT",
      "If-None-Match": '"1"',
      "Last-Event-ID": "7",
      "Mcp-Method": "tools/call",
      "Mcp-Name": "add_note",
      "Mcp-Param-Region": "eu",
      "Mcp-Protocol-Version": "2026-07-28",
      "Mcp-Session-Id": "session",
      "User-Agent": "client/1",
      baggage: "k=v",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "a=b",
    };
    expect((await call(needed)).status).toBe(200);
    for (const [name, value] of Object.entries(needed)) {
      expect([name, backend.requests[0]?.headers[name.toLowerCase()]]).toEqual([name, value]);
    }
  });
});

describe("a token in the query", () => {
  it.each([
    "?access_token=x",
    "?cursor=7&access_token=x&ACCESS_TOKEN=y",
    "?Access_Token=x",
    "?ACCESS_TOKEN=x&cursor=7",
    "?access%5Ftoken=x",
    "?%61ccess_token=x",
    "?access_token[]=x",
    "?access.token=x",
    "?access+token=x",
    "?a;access_token=x",
    "?accessToken=x",
    "?access_token",
  ])(
    "GW-1 GW-11 does not reach the backend, nor anything beside it in an odd spelling: %s",
    async (query) => {
      expect((await call({}, query)).status).toBe(200);
      expect(backend.requests[0]?.url).toBe("/mcp");
    },
  );

  it.each([
    "?project_ref=a%20b&utm_source=plugin",
    "?a=1&a=2",
    "?q={x}&r=%7Bx%7D*",
    "?token=x&q=access_token",
    "?",
  ])("AUT-6 leaves any other query alone: %s", async (query) => {
    expect((await call({}, query)).status).toBe(200);
    const url = new URL(backend.requests[0]?.url ?? "", "http://backend.example");
    expect(url.pathname).toBe("/mcp");
    expect([...url.searchParams]).toEqual([...new URLSearchParams(query)]);
  });
});

describe("a header field of an answer", () => {
  const answering = (headers: Readonly<Record<string, string | string[]>>, status = 200): BackendAnswer => ({
    ...DEFAULT_ANSWER,
    status,
    headers: { "content-type": "application/json", ...headers },
  });

  it.each([
    ["clears what the browser keeps of the gateway", "Clear-Site-Data", '"*"'],
    ["leads elsewhere", "Refresh", "0;url=https://evil.example"],
    ["leads elsewhere", "Location", "/authorize"],
    ["leads elsewhere", "Content-Location", "/authorize"],
    ["loads something", "Link", "</x.js>; rel=preload"],
    ["leads to another host", "Alt-Svc", 'h3="evil.example:443"'],
    ["widens a service worker", "Service-Worker-Allowed", "/"],
    ["sets a cookie", "Set-Cookie", "__Host-consent=x; Path=/; Secure"],
    ["pins a policy on the origin", "Public-Key-Pins", "x"],
    ["pins a policy on the origin", "Origin-Agent-Cluster", "?1"],
    ["pins a policy on the origin", "Permissions-Policy", "camera=*"],
    ["reports elsewhere", "Report-To", '{"endpoints":[]}'],
    ["reports elsewhere", "NEL", "{}"],
    ["lets credentials through", "Access-Control-Allow-Credentials", "true"],
    ["asks for a password", "Proxy-Authenticate", "Basic"],
    ["asks for hints", "Accept-CH", "Sec-CH-UA"],
    ["speaks for the gateway", "X-Gateway-Ended-Session", "x"],
    ["speaks for the gateway", "X-Correlation-Id", "forged"],
    ["tells what runs there", "X-Powered-By", "x"],
    ["is kept", "Age", "1"],
    ["is kept", "Expires", "Thu, 01 Jan 2099 00:00:00 GMT"],
    ["is kept", "Surrogate-Control", "max-age=9"],
  ])("GW-11 does not reach the client when it %s: %s", async (_, name, value) => {
    backend.answerWith(answering({ [name]: value }));
    const { status, headers } = await call();
    expect(status).toBe(200);
    expect([...headers.keys()].filter((each) => !OF_ANY_ANSWER.includes(each))).toEqual([]);
    expect(headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  /** What the gateway and HTTP itself add. */
  const OF_ANY_ANSWER = [
    "cache-control",
    "connection",
    "content-security-policy",
    "content-type",
    "date",
    "keep-alive",
    "transfer-encoding",
    "x-content-type-options",
    "x-correlation-id",
  ];

  it("GW-11 neither lets the answer run in the gateway's origin, nor be kept, nor be taken for what it is not", async () => {
    backend.answerWith(
      answering({
        "content-type": "text/html",
        "cache-control": "public, max-age=3600",
        "content-security-policy": "default-src *",
        "x-content-type-options": "off",
      }),
    );
    const { headers } = await call({}, "", "GET");
    expect(headers.get("content-security-policy")).toBe(
      "sandbox; default-src 'none'; frame-ancestors 'none'",
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("GW-11 is gone however many there are, or the answer is", async () => {
    const many = (count: number) => answering(numbered(count) as Record<string, string>);
    backend.answerWith(many(50));
    const { headers } = await call();
    expect([...headers.keys()].filter((name) => name.startsWith("x-surplus"))).toEqual([]);
    backend.answerWith(many(80));
    const refused = await call();
    expect(refused.status).toBe(502);
    expect([...refused.headers.keys()].filter((name) => name.startsWith("x-surplus"))).toEqual([]);
  });

  it("GW-4 GW-11 reaches the client where MCP, the content or a trace needs it", async () => {
    const needed = {
      allow: "POST",
      "content-language": "de",
      etag: '"1"',
      "last-modified": "Sat, 01 Nov 2025 00:00:00 GMT",
      "mcp-protocol-version": "2025-11-25",
      "mcp-session-id": "session",
      "retry-after": "7",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "a=b",
      vary: "Accept-Language",
    };
    backend.answerWith(answering(needed));
    const { headers } = await call();
    for (const [name, value] of Object.entries(needed))
      expect([name, headers.get(name)]).toEqual([name, value]);
  });

  it("DIS-8 lets a page read an answer whose server has CORS of its own", async () => {
    backend.answerWith(
      answering({
        "access-control-allow-origin": "https://other.example",
        "access-control-allow-credentials": "true",
      }),
    );
    const { headers } = await call({ Origin: "https://app.example" });
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.has("access-control-allow-credentials")).toBe(false);
  });
});

describe("a redirect of the backend", () => {
  it.each([301, 302, 303, 307, 308, 300, 305])("GW-11 leads no client anywhere: %i", async (status) => {
    backend.answerWith({
      status,
      headers: { location: `${twin.origin}/authorize`, "content-type": "text/html" },
      body: "<a href=/>",
    });
    const answer = await call();
    expect(answer.status).toBe(502);
    expect(answer.headers.has("location")).toBe(false);
    expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32603 } });
    expect(answer.text).not.toContain("<a");
  });
});

describe("what was granted", () => {
  it("GW-10 is told to the backend, in fields that only the gateway sets", async () => {
    const forged = {
      "X-Gateway-Scopes": "notes.write",
      "x-gateway-client": "somebody",
      "X-GATEWAY-TOKEN-EXPIRES": "9999999999",
    };
    for (const headers of [{}, forged]) {
      backend.forget();
      expect((await call(headers)).status).toBe(200);
      expect(backend.requests[0]?.headers).toMatchObject({
        "x-gateway-scopes": "notes.list notes.read",
        "x-gateway-client": client.id,
        "x-gateway-token-expires": String(decodeJwt(tokens.accessToken).exp),
      });
    }
  });

  it("GW-10 tells of optional scopes, and not of staying connected", async () => {
    const { accessToken } = await client.signIn(new Person(twin), MIRA, {
      scope: "notes.list notes.read notes.write offline_access",
    });
    await call({ Authorization: `Bearer ${accessToken}` });
    expect(backend.requests[0]?.headers["x-gateway-scopes"]).toBe("notes.list notes.read notes.write");
  });
});

describe("a backend that wants more scope", () => {
  const refusing = (challenge: string, status = 403): BackendAnswer => ({
    status,
    headers: { "www-authenticate": challenge, "content-type": "text/plain" },
    body: "forbidden by the backend",
  });
  const challengeFor = (scopes: string) =>
    `Bearer error="insufficient_scope", resource_metadata="${twin.origin}/.well-known/oauth-protected-resource/mcp", scope="${scopes}"`;

  it.each([
    'Bearer error="insufficient_scope", scope="notes.write"',
    'Bearer scope="notes.write", error="insufficient_scope"',
    "Bearer error=insufficient_scope, scope=notes.write",
    'Bearer realm="x", error="insufficient_scope", scope="notes.write admin Mcp.Access", resource_metadata="https://evil.example"',
    'BEARER ERROR="insufficient_scope", Scope="notes.read notes.write"',
  ])("GW-13 has the client challenged by the gateway, with all scopes at once: %s", async (challenge) => {
    backend.answerWith(refusing(challenge));
    const { status, headers, text } = await call();
    expect(status).toBe(403);
    expect(headers.get("www-authenticate")).toBe(challengeFor("notes.list notes.read notes.write"));
    expect(text).not.toContain("forbidden by the backend");
    expect(JSON.parse(text)).toMatchObject({ jsonrpc: "2.0", error: { code: -32001 } });
  });

  it.each([
    ["a scope that this server does not have", 'Bearer error="insufficient_scope", scope="admin.all"'],
    ["a scope of Entra's", 'Bearer error="insufficient_scope", scope="api://x/Mcp.Access"'],
    ["no scope at all", 'Bearer error="insufficient_scope"'],
    ["what the client has already", 'Bearer error="insufficient_scope", scope="notes.read"'],
    ["another error", 'Bearer error="access_denied", scope="notes.write"'],
    ["an error that begins alike", 'Bearer error="insufficient_scope_x", scope="notes.write"'],
    ["nothing", "Bearer"],
    ["a password", 'Basic realm="insufficient_scope"'],
  ])("GW-13 sends nobody to sign in again for %s", async (_, challenge) => {
    backend.answerWith(refusing(challenge));
    const { status, headers, text } = await call();
    expect(status).toBe(403);
    expect(headers.has("www-authenticate")).toBe(false);
    expect(text).toBe("forbidden by the backend");
  });

  it("GW-13 is heard in a 403 alone", async () => {
    backend.answerWith(refusing('Bearer error="insufficient_scope", scope="notes.write"', 400));
    const { status, headers } = await call();
    expect(status).toBe(400);
    expect(headers.has("www-authenticate")).toBe(false);
  });

  it("GW-13 gets the next call with what the client asked for then", async () => {
    backend.answerWith(refusing('Bearer error="insufficient_scope", scope="notes.write"'));
    const scope = /scope="([^"]+)"/.exec((await call()).headers.get("www-authenticate") ?? "")?.[1];
    const { accessToken } = await client.signIn(new Person(twin), MIRA, { scope });
    backend.answerWith(DEFAULT_ANSWER);
    backend.forget();
    expect((await call({ Authorization: `Bearer ${accessToken}` })).status).toBe(200);
    expect(backend.requests[0]?.headers["x-gateway-scopes"]).toBe("notes.list notes.read notes.write");
  });
});
