import { beforeAll, describe, expect, it } from "vitest";
import { isPublic, type Route, routes } from "../../functions/authorization-server/routes.ts";
import shippedConfig from "../../gateway.config.ts";
import type { ManagedIdentity } from "../../twin/entra/directory.ts";
import { type LocalEntra, startEntra } from "../../twin/entra/start.ts";
import { OAuthClient, send, type Tokens, toolResult } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { rawRequest } from "../support/raw-request.ts";
import { notesServer, useRecordingBackend } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";

const ALLOWED_ORIGINS = [
  "https://app.example",
  "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
  "moz-extension://0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
  "tauri://localhost",
  "vscode-webview://0k7v1q2r3s4t5u6v7w8x9y0z1a2b3c4d",
];

const backend = useRecordingBackend();
const twin = useOwnTwin(
  () => ({ servers: [...shippedConfig.servers, notesServer(backend)], allowedOrigins: ALLOWED_ORIGINS }),
  { recordIssued: true },
);
let notesUrl: string;
let client: OAuthClient;
let tokens: Tokens;
/** For the other server. */
let graph: Tokens;

beforeAll(async () => {
  notesUrl = `${twin.origin}/notes/mcp`;
  client = await OAuthClient.register(twin.origin);
  tokens = await client.signIn(new Person(twin), MIRA, { resource: notesUrl });
  graph = await client.signIn(new Person(twin), MIRA);
});

async function managedIdentityToken(
  identity: ManagedIdentity,
  resource: string,
  entra: Pick<LocalEntra, "identityEndpoint" | "identityHeader"> = twin.entra,
): Promise<string> {
  const query = new URLSearchParams({ "api-version": "2019-08-01", resource, client_id: identity.clientId });
  const { json } = await send(`${entra.identityEndpoint}?${query}`, {
    headers: { "x-identity-header": entra.identityHeader },
  });
  return String(json["access_token"]);
}

function claimsOf(jwt: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));
  } catch {
    return {};
  }
}

/** A token that the Entra stand-in issued, by its claims. */
function issued(matches: (claims: Record<string, unknown>) => boolean): string {
  const found = twin.entra.issued().find((secret) => matches(claimsOf(secret)));
  if (!found) throw new Error("no such token was issued");
  return found;
}

describe("a direct call to the authorization server", () => {
  /** Every route but those that anyone may call. */
  const ENDPOINTS = Object.values<Route>(routes).flatMap((route) =>
    isPublic(route) ? [] : [[route.method, route.path.replace("{client_id}", "A".repeat(22))] as const],
  );

  const direct = (method: string, path: string, token?: string) =>
    send(`${twin.authorizationServer.url}${path}`, {
      method,
      headers: token === undefined ? {} : { "x-gateway-authorization": `Bearer ${token}` },
    });

  async function statuses(token?: string): Promise<number[]> {
    const before = await twin.cosmos.documents();
    const answers = [];
    for (const [method, path] of ENDPOINTS) answers.push((await direct(method, path, token)).status);
    expect(await twin.cosmos.documents()).toEqual(before);
    return answers;
  }

  const all = (status: number) => ENDPOINTS.map(() => status);

  it("GW-6 is refused without the gateway's identity", async () => {
    expect(await statuses()).toEqual(all(401));
    for (const token of ["", "garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."]) {
      expect(await statuses(token)).toEqual(all(401));
    }
  });

  it("GW-6 is refused with another identity's token for this very app", async () => {
    const audience = `api://${twin.tenant.signIn.clientId}`;
    const { gateway, graphMcp, authorizationServer } = twin.tenant.identity;
    for (const identity of [graphMcp, authorizationServer]) {
      expect(await statuses(await managedIdentityToken(identity, audience))).toEqual(all(403));
    }
    const ours = await managedIdentityToken(gateway, audience);
    expect((await direct("POST", "/internal/session-token", ours)).status).toBe(400);
  });

  it("GW-6 is refused with the gateway's token for another app", async () => {
    const audience = `api://${twin.tenant.graphMcp.clientId}`;
    const token = await managedIdentityToken(twin.tenant.identity.gateway, audience);
    expect(await statuses(token)).toEqual(all(401));
  });

  it("GW-6 is refused with the gateway's token of another tenant, where everything else is the same", async () => {
    const { applications, identities, users, identity, signIn } = twin.tenant;
    const tenantId = "00000000-1111-4222-8333-444444444444";
    const entra = await startEntra({ tenantId, applications, identities, users, log: () => undefined });
    const token = await managedIdentityToken(identity.gateway, `api://${signIn.clientId}`, entra);
    await entra.stop();
    expect(claimsOf(token)).toMatchObject({ oid: identity.gateway.principalId, aud: signIn.clientId });
    expect(await statuses(token)).toEqual(all(401));
  });

  it("GW-6 is refused with a user's id token, a user's access token, or our own", async () => {
    const { clientId } = twin.tenant.signIn;
    const idToken = issued(({ aud, nonce }) => aud === clientId && nonce !== undefined);
    const accessToken = issued(({ aud, scp }) => aud === twin.tenant.graphMcp.clientId && scp !== undefined);
    expect(await statuses(idToken)).toEqual(all(403));
    expect(await statuses(accessToken)).toEqual(all(401));
    expect(await statuses(tokens.accessToken)).toEqual(all(401));
  });

  it("GW-6 is answered for public documents alone", async () => {
    const open = Object.values<Route>(routes).filter(isPublic);
    expect(open).toHaveLength(8);
    for (const { method, path } of open) {
      expect((await direct(method, path.replace("{*path}", "mcp"))).status).toBe(200);
    }
  });

  it("GW-6 at the sample MCP server needs a user's Entra token, which ours is not", async () => {
    for (const token of [undefined, tokens.accessToken, "garbage"]) {
      expect((await client.callTool(`${twin.graphMcp.url}/mcp`, token, "whoami")).status).toBe(401);
    }
  });
});

describe("the keys that access tokens are checked with", () => {
  it("GW-1 come from the authorization server's own host, not through the gateway, which may not reach itself", async () => {
    expect((await client.callTool(notesUrl, tokens.accessToken, "anything")).status).toBe(200);
    const lines = await twin.allLogs();
    const at = (component: string) =>
      lines.filter((line) => line.component === component).map(({ message }) => message);
    expect(at("gateway").filter((line) => line.includes('"path":"/jwks'))).toEqual([]);
    expect(at("authorization-server").some((line) => line.includes('"function":"jwks"'))).toBe(true);
    for (const path of ["/jwks/openid-configuration", "/jwks/openid-configuration/"]) {
      expect((await send(`${twin.origin}${path}`)).status).toBe(404);
    }
  });
});

describe("a header that only the gateway may send", () => {
  it("GW-6 is replaced when a client smuggles it in", async () => {
    const other = await managedIdentityToken(
      twin.tenant.identity.graphMcp,
      `api://${twin.tenant.signIn.clientId}`,
    );
    for (const smuggled of ["Bearer garbage", `Bearer ${other}`, ""]) {
      const { status, json } = await send(`${twin.origin}/token`, {
        method: "POST",
        headers: { "x-gateway-authorization": smuggled },
        body: new URLSearchParams({ grant_type: "refresh_token" }),
      });
      expect([status, json["error_description"]]).toEqual([400, "client_id is missing."]);
    }
  });

  it("GW-2 never reaches a backend, whatever its spelling", async () => {
    backend.forget();
    const { status } = await rawRequest(twin.origin, "/notes/mcp", {
      method: "POST",
      headers: {
        Authorization: `Bearer ${tokens.accessToken}`,
        "Content-Type": "application/json",
        COOKIE: "a=b",
        "X-GATEWAY-AUTHORIZATION": "Bearer smuggled",
        "X-Correlation-Id": "forged-correlation-id",
      },
      body: "{}",
    });
    expect(status).toBe(200);
    const [received] = backend.requests;
    expect(Object.keys(received?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(cookie|x-gateway-authorization)$/)]),
    );
    expect(received?.headers["x-correlation-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(received)).not.toContain(tokens.accessToken);
  });

  it("GW-8 names the request by an ID of the gateway's own", async () => {
    for (const path of ["/token", "/callback", "/mcp", "/register"]) {
      const { headers } = await send(`${twin.origin}${path}`, {
        method: path === "/callback" ? "GET" : "POST",
        headers: { "x-correlation-id": "forged-correlation-id" },
      });
      expect(headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("DIS-4 does not move the issuer or a challenge (Host, X-Forwarded-Host, Forwarded)", async () => {
    for (const name of ["host", "x-forwarded-host", "x-original-host", "forwarded", "x-forwarded-proto"]) {
      const value = name === "forwarded" ? "host=evil.example;proto=https" : "evil.example";
      const answers = [
        await rawRequest(twin.origin, "/.well-known/oauth-authorization-server", {
          headers: { [name]: value },
        }),
        await rawRequest(twin.origin, "/.well-known/oauth-protected-resource/mcp", {
          headers: { [name]: value },
        }),
        await rawRequest(twin.origin, "/mcp", { headers: { [name]: value } }),
      ];
      for (const { text, headers } of answers) {
        expect(text).not.toContain("evil.example");
        expect(headers.get("www-authenticate") ?? "").not.toContain("evil.example");
      }
    }
  });

  it("TOK-7 does not drop another's token from the cache (X-Gateway-Ended-Session)", async () => {
    const call = async () => toolResult(await client.callTool(twin.mcpUrl, graph.accessToken, "whoami"));
    await call();
    await send(`${twin.origin}/revoke`, {
      method: "POST",
      headers: { "x-gateway-ended-session": graph.refreshToken.split(".")[2] ?? "" },
      body: new URLSearchParams({ client_id: client.id, token: "garbage" }),
    });
    twin.cosmos.resetOperations();
    await call();
    expect(twin.cosmos.operations()).toEqual({});
  });
});

describe("a path that leads elsewhere", () => {
  it.each([
    "/",
    "//",
    "//mcp",
    "/mcp/..",
    "/internal",
    "/internal/session-token",
    "/internal/session-token/",
    "/INTERNAL/SESSION-TOKEN",
    "//internal/session-token",
    "/./internal/session-token",
    "/%2e/internal/session-token",
    "/%2e%2e/internal/session-token",
    "/..%2finternal/session-token",
    "/%2finternal%2fsession-token",
    "/internal%2fsession-token",
    "/internal%252fsession-token",
    "/internal\\session-token",
    "/mcp/../internal/session-token",
    "/mcp/%2e%2e/internal/session-token",
    "/mcp/..%2finternal%2fsession-token",
    "/mcp/..;/internal/session-token",
    "/token/../internal/session-token",
    "/token/..%2f..%2finternal/session-token",
    "/.well-known/oauth-protected-resource/../../internal/session-token",
    "/.well-known/oauth-protected-resource/%2e%2e/%2e%2e/internal/session-token",
    "/.well-known/oauth-protected-resource/mcp/..%2f..%2f..%2finternal%2fsession-token",
    "/internal/session-token?x=/token",
    "/internal/session-token%00",
    "/internal/session-token.",
    "/internal/session-token/.",
    "/internal;x/session-token",
    "/internal/session-token;x=y",
    "/internal%5csession-token",
    "/internal%c0%afsession-token",
    "/%69nternal/%73ession-token%2e",
    "/Internal/Session-Token",
    "/mcp/%252e%252e/internal/session-token",
    "/internal/session-token%20",
    "/internal/session-token%0d%0aX:y",
    "/admin/host/status",
    "/admin/functions",
    "/runtime/webhooks",
  ])("answers 404 or 400: %s", async (target) => {
    const { aud, sid, sub } = claimsOf(tokens.accessToken);
    for (const method of ["GET", "POST"]) {
      const { status, headers, text } = await rawRequest(twin.origin, target, {
        method,
        headers: { "content-type": "application/json" },
        ...(method === "POST" ? { body: JSON.stringify({ aud, sid, sub }) } : {}),
      });
      expect(status).toBe(404);
      expect(headers.has("location")).toBe(false);
      expect(text).not.toContain("access_token");
    }
  });

  it("answers the absolute form by its path alone", async () => {
    for (const target of [
      "http://evil.example/internal/session-token",
      `${twin.authorizationServer.url}/internal/session-token`,
    ]) {
      expect([404, 400]).toContain((await rawRequest(twin.origin, target, { method: "POST" })).status);
    }
  });

  it.each([
    "/notes/mcp/",
    "/notes/mcp//",
    "/notes//mcp",
    "/notes/mcp;a=b",
    "/notes/mcp%20",
    "/notes/mcp%2f",
    "/NOTES/MCP",
    "/notes/%6dcp",
  ])("never brings a call without a token to the backend: %s", async (target) => {
    backend.forget();
    const { status } = await rawRequest(twin.origin, target, { method: "POST", body: "{}" });
    expect([400, 401, 404]).toContain(status);
    expect(backend.requests).toEqual([]);
  });

  it.each([
    "/mcp/../notes/mcp",
    "/mcp/..%2fnotes/mcp",
    "/mcp/%2e%2e/notes/mcp",
    "/mcp%2f..%2fnotes%2fmcp",
    "/mcp;/../notes/mcp",
    "/mcp\\..\\notes\\mcp",
    "/mcp/..%5cnotes%5cmcp",
    "//notes/mcp",
    "/./notes/mcp",
    "/mcp/%252e%252e/notes/mcp",
    "/notes/mcp.",
    "/notes/mcp",
  ])("TOK-9 lends no token for one server to the path of another: %s", async (target) => {
    backend.forget();
    const { status } = await rawRequest(twin.origin, target, {
      method: "POST",
      headers: { authorization: `Bearer ${graph.accessToken}`, "content-type": "application/json" },
      body: "{}",
    });
    expect([400, 401, 404]).toContain(status);
    expect(backend.requests).toEqual([]);
  });

  it("reaches the backend at its own URL, whatever stands behind the path", async () => {
    backend.forget();
    for (const target of ["/notes/mcp/../../admin", "/notes/mcp/admin", "/notes/mcp%2f..%2fadmin"]) {
      await rawRequest(twin.origin, target, {
        method: "POST",
        headers: { authorization: `Bearer ${tokens.accessToken}`, "content-type": "application/json" },
        body: "{}",
      });
    }
    for (const { url } of backend.requests) expect(url).toBe("/mcp");
  });
});

describe("a call from a web page", () => {
  const call = (headers: Record<string, string>) =>
    send(notesUrl, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tokens.accessToken}`,
        "content-type": "application/json",
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call" }),
    });

  it.each([
    "https://evil.example",
    "https://app.example.evil.example",
    "https://app.example:444",
    "http://app.example",
    "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba",
    "moz-extension://0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9.example",
    "tauri://localhost.example",
    "tauri://localhost:1430",
    "TAURI://localhost",
    "vscode-webview://",
    "https://app.example tauri://localhost",
    "null",
    "*",
    "",
  ])(
    "GW-1 is refused, good token or not, from an origin that the operator did not name: %j",
    async (origin) => {
      backend.forget();
      for (const authorization of [`Bearer ${tokens.accessToken}`, "Bearer garbage"]) {
        const { status, headers, json } = await call({ origin, authorization });
        expect(status).toBe(403);
        expect(json).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32004 } });
        expect(headers.has("www-authenticate")).toBe(false);
        expect(headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
      }
      expect(backend.requests).toHaveLength(0);
    },
  );

  it.each(ALLOWED_ORIGINS)("GW-1 goes through from one that the operator named: %s", async (origin) => {
    const { status, headers } = await call({ origin });
    expect([status, headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    const preflight = await send(notesUrl, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  });

  it("GW-1 goes through from no page at all", async () => {
    expect((await call({})).status).toBe(200);
  });
});
