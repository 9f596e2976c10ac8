import { beforeAll, describe, expect, it } from "vitest";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useTwinWithNotes } from "../support/use-twin.ts";

const PRM = "/.well-known/oauth-protected-resource";
const AS_DOCUMENTS = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];
const WEB_APP = "https://inspector.example";

const { twin, backend } = useTwinWithNotes();
let notesUrl: string;

beforeAll(async () => {
  notesUrl = `${twin.origin}/notes/mcp`;
});

const get = (path: string, headers: Record<string, string> = {}) =>
  send(`${twin.origin}${path}`, { headers });

describe("protected resource metadata", () => {
  it("DIS-1 DIS-2 stands for each server at its own path, with the URL that a person types", async () => {
    const graph = await get(`${PRM}/mcp`);
    expect(graph.json).toEqual({
      resource: twin.mcpUrl,
      resource_name: "Microsoft Graph",
      authorization_servers: [twin.origin],
      scopes_supported: ["mcp.tools", "mcp.diagnostics"],
      bearer_methods_supported: ["header"],
    });
    const notes = await get(`${PRM}/notes/mcp`);
    expect(notes.json).toMatchObject({ resource: notesUrl, authorization_servers: [twin.origin] });
  });

  it("DIS-1 stands at the root for the default server", async () => {
    expect((await get(PRM)).json).toEqual((await get(`${PRM}/mcp`)).json);
  });

  it("DIS-2 names Entra in no document", async () => {
    for (const path of [PRM, `${PRM}/mcp`, `${PRM}/notes/mcp`, ...AS_DOCUMENTS]) {
      const { text } = await get(path);
      expect(text).not.toContain(twin.entra.url);
      expect(text).not.toContain(twin.tenant.tenantId);
    }
  });

  it("DIS-9 lists offline_access for the authorization server alone, which accepts it", async () => {
    expect((await get(`${PRM}/mcp`)).json["scopes_supported"]).not.toContain("offline_access");
    const challenge = (await send(twin.mcpUrl, { method: "POST" })).headers.get("www-authenticate");
    expect(challenge).not.toContain("offline_access");
    for (const path of AS_DOCUMENTS) {
      expect((await get(path)).json["scopes_supported"]).toContain("offline_access");
    }
    const client = await OAuthClient.register(twin.origin);
    const { request, code } = await client.authorize(new Person(twin), "Mira Okafor", {
      scope: "mcp.tools offline_access",
    });
    expect((await client.redeem(request, code)).json["scope"]).toBe("mcp.tools offline_access");
  });
});

describe("authorization server metadata", () => {
  it("DIS-4 DIS-5 stands at both well-known URLs, with the bare origin as issuer and fixed endpoints", async () => {
    for (const path of AS_DOCUMENTS) {
      expect((await get(path)).json).toMatchObject({
        issuer: twin.origin,
        authorization_endpoint: `${twin.origin}/authorize`,
        token_endpoint: `${twin.origin}/token`,
        registration_endpoint: `${twin.origin}/register`,
        revocation_endpoint: `${twin.origin}/revoke`,
        jwks_uri: `${twin.origin}/jwks`,
      });
    }
  });

  it("DIS-6 lists what clients look for, and no endpoint that is not served", async () => {
    const { json } = await get(AS_DOCUMENTS[0] ?? "");
    expect(json).toMatchObject({
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: [
        "none",
        "private_key_jwt",
        "client_secret_basic",
        "client_secret_post",
      ],
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    });
    const urls = Object.entries(json).filter(([name]) => /_endpoint$|_uri$/.test(name));
    expect(urls.length).toBeGreaterThan(4);
    for (const [, url] of urls) {
      const method = /authorize$|jwks$/.test(String(url)) ? "GET" : "POST";
      expect((await send(String(url), { method })).status).not.toBe(404);
    }
  });

  it("DIS-6 publishes public keys only", async () => {
    const { keys } = (await get("/jwks")).json as { keys: Record<string, unknown>[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    }
  });

  it("lets caches keep public documents for a while", async () => {
    for (const path of [`${PRM}/mcp`, ...AS_DOCUMENTS, "/jwks"]) {
      expect((await get(path)).headers.get("cache-control")).toMatch(/^public, max-age=\d+$/);
    }
  });
});

describe("a well-known URL that is not served", () => {
  it.each([
    "/.well-known/nothing",
    `${PRM}/unknown`,
    `${PRM}/mcp/more`,
    `${PRM}/notes`,
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/oauth-authorization-server/notes/mcp",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/openid-configuration",
    "/mcp/.well-known/oauth-authorization-server",
    "/mcp/.well-known/oauth-protected-resource",
    "/notes/mcp/.well-known/oauth-protected-resource",
  ])("DIS-7 answers 404: %s", async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.has("location")).toBe(false);
  });
});

const challengeOf = (headers: Headers) => headers.get("www-authenticate") ?? "";

describe("a challenge", () => {
  it("DIS-3 has no error when no token was sent, and leads to the server's own metadata", async () => {
    for (const [url, path, scope] of [
      [twin.mcpUrl, "/mcp", "mcp.tools"],
      [notesUrl, "/notes/mcp", "notes.list notes.read"],
    ] as const) {
      for (const method of ["POST", "GET", "DELETE"]) {
        const { status, headers, json } = await send(url, { method });
        expect(status).toBe(401);
        expect(challengeOf(headers)).toBe(
          `Bearer resource_metadata="${twin.origin}${PRM}${path}", scope="${scope}"`,
        );
        expect(headers.get("cache-control")).toBe("no-store");
        expect(json["jsonrpc"]).toBe("2.0");
      }
      const linked = /resource_metadata="([^"]+)"/.exec(
        challengeOf((await send(url, { method: "POST" })).headers),
      );
      expect((await send(linked?.[1] ?? "")).json["resource"]).toBe(url);
    }
  });

  it.each(["Bearer nonsense", "Bearer a.b.c", "Bearer ", "Basic dXNlcjpwYXNz"])(
    "DIS-3 says invalid_token when one was sent: %s",
    async (authorization) => {
      const { status, headers } = await send(twin.mcpUrl, { method: "POST", headers: { authorization } });
      expect(status).toBe(401);
      expect(challengeOf(headers)).toMatch(/^Bearer error="invalid_token", resource_metadata="/);
    },
  );

  it("TOK-10 asks for all needed scopes at once when the token has too few", async () => {
    backend.forget();
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), "Mira Okafor", {
      resource: notesUrl,
      scope: "notes.read notes.write",
    });
    const { status, headers } = await client.callTool(notesUrl, accessToken, "anything");
    expect(status).toBe(403);
    expect(challengeOf(headers)).toBe(
      `Bearer error="insufficient_scope", resource_metadata="${twin.origin}${PRM}/notes/mcp", scope="notes.list notes.read"`,
    );
    expect(backend.requests).toEqual([]);
  });

  it("TOK-10 asks for no scope that the server does not require", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), "Mira Okafor", {
      resource: notesUrl,
      scope: "notes.list notes.read",
    });
    expect((await client.callTool(notesUrl, accessToken, "anything")).status).toBe(200);
  });

  it("AUT-5 grants a client that names no scope the required ones, and one that asks for less no more", async () => {
    const client = await OAuthClient.register(twin.origin);
    const granted = async (scope: string | undefined) => {
      const { request, code } = await client.authorize(new Person(twin), "Mira Okafor", {
        resource: notesUrl,
        scope,
      });
      return (await client.redeem(request, code)).json["scope"];
    };
    expect(await granted(undefined)).toBe("notes.list notes.read");
    expect(await granted("notes.read")).toBe("notes.read");
    expect(await granted("notes.read unheard.of")).toBe("notes.read");
  });
});

describe("scripts on other sites", () => {
  const MCP_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
  ];
  const TOKEN_HEADERS = ["accept", "authorization", "content-type", "mcp-protocol-version"];
  const DOCUMENT_HEADERS = ["accept", "content-type", "mcp-protocol-version"];
  const listed = (headers: Headers, name: string) =>
    (headers.get(name) ?? "")
      .toLowerCase()
      .split(",")
      .map((each) => each.trim());
  const corsHeaders = (headers: Headers) =>
    [...headers.keys()].filter((name) => name.startsWith("access-control-"));
  const preflight = (path: string, method: string, more: Record<string, string> = {}) =>
    send(`${twin.origin}${path}`, {
      method: "OPTIONS",
      headers: { origin: WEB_APP, "access-control-request-method": method, ...more },
    });

  it.each([
    ["GET", PRM, DOCUMENT_HEADERS],
    ["GET", `${PRM}/mcp`, DOCUMENT_HEADERS],
    ["GET", `${PRM}/notes/mcp`, DOCUMENT_HEADERS],
    ["GET", AS_DOCUMENTS[0] ?? "", DOCUMENT_HEADERS],
    ["GET", AS_DOCUMENTS[1] ?? "", DOCUMENT_HEADERS],
    ["GET", "/jwks", DOCUMENT_HEADERS],
    ["POST", "/register", TOKEN_HEADERS],
    ["POST", "/token", TOKEN_HEADERS],
    ["POST", "/revoke", TOKEN_HEADERS],
    ["POST", "/mcp", MCP_HEADERS],
    ["GET", "/mcp", MCP_HEADERS],
    ["DELETE", "/mcp", MCP_HEADERS],
    ["POST", "/notes/mcp", MCP_HEADERS],
  ])("DIS-8 may call %s %s, and ask beforehand with or without a token", async (method, path, allowed) => {
    backend.forget();
    const asked = { "access-control-request-headers": allowed.join(",") };
    const answers = [
      await preflight(path, method, asked),
      await preflight(path, method, { ...asked, authorization: "Bearer a.b.c" }),
    ];
    for (const { status, headers } of answers) {
      expect([200, 204]).toContain(status);
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(listed(headers, "access-control-allow-methods")).toContain(method.toLowerCase());
      expect(listed(headers, "access-control-allow-headers")).toEqual(expect.arrayContaining(allowed));
      expect(headers.has("access-control-allow-credentials")).toBe(false);
    }
    expect(backend.requests).toEqual([]);
  });

  it("DIS-8 may read documents, token errors and challenges", async () => {
    const answers = [
      await get(`${PRM}/mcp`, { origin: WEB_APP }),
      await get("/jwks", { origin: WEB_APP }),
      await send(`${twin.origin}/token`, { method: "POST", headers: { origin: WEB_APP } }),
      await send(`${twin.origin}/register`, { method: "POST", headers: { origin: WEB_APP } }),
      await send(`${twin.origin}/revoke`, { method: "POST", headers: { origin: WEB_APP } }),
      await send(twin.mcpUrl, { method: "POST", headers: { origin: WEB_APP } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 400, 400, 401]);
    for (const { headers } of answers) expect(headers.get("access-control-allow-origin")).toBe("*");
    const exposed = listed(answers.at(-1)?.headers ?? new Headers(), "access-control-expose-headers");
    expect(exposed).toEqual(expect.arrayContaining(["www-authenticate", "mcp-session-id"]));
  });

  it.each([
    ["GET", "/authorize"],
    ["POST", "/consent"],
    ["GET", "/callback"],
  ])("DIS-8 have no business at %s %s", async (method, path) => {
    const asked = await preflight(path, method);
    const answer = await send(`${twin.origin}${path}`, { method, headers: { origin: WEB_APP } });
    expect(corsHeaders(asked.headers)).toEqual([]);
    expect(corsHeaders(answer.headers)).toEqual([]);
  });

  it("DIS-8 may not call the internal endpoint", async () => {
    const asked = await preflight("/internal/session-token", "POST");
    expect(asked.status).toBe(404);
    expect(corsHeaders(asked.headers)).toEqual([]);
  });
});

describe("a HEAD request", () => {
  const head = (url: string, headers: Record<string, string> = {}) => send(url, { method: "HEAD", headers });

  it.each([PRM, `${PRM}/mcp`, `${PRM}/notes/mcp`, ...AS_DOCUMENTS, "/jwks", "/health/live", "/health/ready"])(
    "DIS-1 DIS-4 is answered at a public document as GET is: %s",
    async (path) => {
      const asked = await get(path, { origin: WEB_APP });
      const { status, headers, text } = await head(`${twin.origin}${path}`, { origin: WEB_APP });
      expect([status, text]).toEqual([200, ""]);
      for (const name of ["content-type", "cache-control", "access-control-allow-origin"]) {
        expect([name, headers.get(name)]).toEqual([name, asked.headers.get(name)]);
      }
    },
  );

  it("DIS-3 is answered at an MCP server as GET is, with the challenge", async () => {
    backend.forget();
    for (const authorization of [undefined, "Bearer nonsense"]) {
      const given = authorization === undefined ? {} : { authorization };
      const asked = await send(notesUrl, { headers: given });
      const { status, headers, text } = await head(notesUrl, given);
      expect([status, text]).toEqual([401, ""]);
      expect(challengeOf(headers)).toBe(challengeOf(asked.headers));
    }
    expect(backend.requests).toEqual([]);
  });

  it("reaches the MCP server as it is, with a token", async () => {
    backend.forget();
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), "Mira Okafor", { resource: notesUrl });
    const answer = await head(notesUrl, { authorization: `Bearer ${accessToken}` });
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(backend.requests.map(({ method }) => method)).toEqual(["HEAD"]);
    const stateless = await client.signIn(new Person(twin), "Mira Okafor");
    expect((await head(twin.mcpUrl, { authorization: `Bearer ${stateless.accessToken}` })).status).toBe(405);
  });
});

describe("what a server's policy does not know", () => {
  it.each(["PUT", "PATCH"])("refuses %s without asking the backend", async (method) => {
    backend.forget();
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), "Mira Okafor", { resource: notesUrl });
    const { status } = await send(notesUrl, { method, headers: { authorization: `Bearer ${accessToken}` } });
    expect([404, 405]).toContain(status);
    expect(backend.requests).toEqual([]);
  });

  it("answers health without a secret of any kind", async () => {
    expect((await get("/health/live")).json).toEqual({ status: "live" });
    expect((await get("/health/ready")).json).toEqual({
      status: "ready",
      parts: { keys: "ok", store: "ok" },
      circuits: { store: "closed", keys: "closed", entra: "closed" },
    });
    expect((await get("/health")).status).toBe(404);
  });
});
