import { randomBytes } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpoints } from "../../functions/authorization-server/endpoints.ts";
import type { RouteName } from "../../functions/authorization-server/routes.ts";
import { FROM_ENTRA, tickedOn } from "../../functions/authorization-server/testing/browser.ts";
import { formRequest, makeCall, withCookies } from "../../functions/authorization-server/testing/calls.ts";
import { makeDependencies } from "../../functions/authorization-server/testing/dependencies.ts";
import {
  answering,
  type DocumentHost,
  startDocumentHost,
} from "../../functions/authorization-server/testing/document-host.ts";
import { ISSUER, resolvedGateway } from "../../functions/authorization-server/testing/gateway.ts";
import {
  claimsOf,
  type Sessions,
  startSessions,
} from "../../functions/authorization-server/testing/sessions.ts";
import { type Changes, OAuthClient, send, tokensOf, toolResult } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
const BOTH_GRANTS = ["authorization_code", "refresh_token"];

/** A client that registers itself: what it sends, as it was seen or as its source has it. */
interface RegisteringClient {
  readonly name: string;
  readonly registers: Readonly<Record<string, unknown>>;
  /** The redirect URI of its authorization request, where that is not the first that it registered. */
  readonly redirectUri?: string;
  readonly state: () => string;
  /** Further parameters of its authorization request. @param resource the MCP server's URL */
  readonly asks: (resource: string) => Changes;
}

const base64 = () => randomBytes(24).toString("base64");
const urlSafe = () => randomBytes(24).toString("base64url");

const REGISTERING: readonly RegisteringClient[] = [
  {
    name: "Claude",
    registers: {
      client_name: "Claude",
      redirect_uris: ["https://claude.ai/api/mcp/auth_callback"],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    },
    state: urlSafe,
    asks: (resource) => ({ resource, scope: "mcp.tools" }),
  },
  {
    name: "Claude Code",
    registers: {
      client_name: "Claude Code (graph)",
      redirect_uris: ["http://localhost:54212/callback"],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    redirectUri: "http://localhost:60001/callback",
    state: urlSafe,
    asks: (resource) => ({ resource, scope: "mcp.tools offline_access", prompt: "consent" }),
  },
  {
    name: "Visual Studio Code, which listens on loopback",
    registers: {
      client_name: "Visual Studio Code",
      client_uri: "https://code.visualstudio.com",
      grant_types: [...BOTH_GRANTS, "urn:ietf:params:oauth:grant-type:device_code"],
      response_types: ["code"],
      redirect_uris: [
        "https://insiders.vscode.dev/redirect",
        "https://vscode.dev/redirect",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://localhost:33418/",
        "http://127.0.0.1:33418/",
      ],
      scope: "mcp.tools",
      token_endpoint_auth_method: "none",
      application_type: "native",
    },
    redirectUri: "http://127.0.0.1:51877/",
    state: () => `${base64()}+/==`,
    asks: (resource) => ({ resource, scope: "mcp.tools" }),
  },
  {
    name: "Visual Studio Code in a browser, whose state is a URL",
    registers: {
      client_name: "Visual Studio Code",
      redirect_uris: ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect"],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    redirectUri: "https://vscode.dev/redirect",
    state: () =>
      `vscode://dynamicauthprovider/localhost/authorize?nonce=${encodeURIComponent(base64())}&windowId=1`,
    asks: (resource) => ({ resource, scope: "mcp.tools" }),
  },
  {
    name: "Cursor",
    registers: {
      client_name: "Cursor",
      redirect_uris: [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
      ],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    state: () => JSON.stringify({ id: "user-graph", nonce: urlSafe() }),
    asks: (resource) => ({ resource }),
  },
  {
    name: "LM Studio, which leaves the grant types out",
    registers: { client_name: "LM Studio", redirect_uris: ["http://127.0.0.1:33389/callback"] },
    state: urlSafe,
    asks: (resource) => ({ resource }),
  },
  {
    name: "Cline, in an editor",
    registers: {
      client_name: "Cline",
      redirect_uris: ["vscode://saoudrizwan.claude-dev/mcp-auth/callback/0a1b2c"],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    state: urlSafe,
    asks: (resource) => ({ resource, scope: "mcp.tools" }),
  },
  {
    name: "Raycast",
    registers: {
      client_name: "Raycast MCP: graph",
      redirect_uris: ["raycast://oauth?package_name=mcp_server_graph_(dev)"],
      grant_types: [...BOTH_GRANTS, "urn:ietf:params:oauth:grant-type:device_code"],
    },
    state: urlSafe,
    asks: (resource) => ({ resource }),
  },
  {
    name: "A company's own application, whose scheme its operator allows",
    registers: { client_name: "Acme desktop", redirect_uris: ["acme-desktop://signed-in"] },
    state: urlSafe,
    asks: (resource) => ({ resource }),
  },
  {
    name: "ChatGPT, where it registers",
    registers: {
      client_name: "ChatGPT",
      redirect_uris: ["https://chatgpt.com/connector_platform_oauth_redirect"],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    state: () => `oauth_s_${urlSafe()}`,
    asks: (resource) => ({ resource, scope: "mcp.tools" }),
  },
];

const twin = useOwnTwin(() => ({
  redirectSchemes: ["acme-desktop"],
  clients: [{ id: "vscode", name: "Visual Studio Code", redirectUris: ["http://127.0.0.1:33418"] }],
}));

const whoami = async (client: OAuthClient, accessToken: string) =>
  toolResult(await client.callTool(twin.mcpUrl, accessToken, "whoami"));

describe.each(REGISTERING)("$name", ({ registers, redirectUri, state, asks }) => {
  it("CLI-1 CLI-6 AUT-1 TOK-1 TOK-5 TOK-7 registers, signs in, calls, refreshes and revokes", async () => {
    const { id, secret } = await OAuthClient.register(twin.origin, {
      client_name: undefined,
      grant_types: undefined,
      ...registers,
    });
    const [first] = registers["redirect_uris"] as string[];
    const client = new OAuthClient(twin.origin, id, redirectUri ?? first, secret);
    const sent = state();
    const request = client.authorizationRequest({ state: sent, ...asks(twin.mcpUrl) });
    const broughtBack = await new Person(twin).allow(request.url, USER);
    expect(broughtBack.startsWith(client.redirectUri)).toBe(true);
    expect(broughtBack.slice(client.redirectUri.length)).toMatch(/^[?&]code=/);
    expect(new URL(broughtBack).searchParams.get("state")).toBe(sent);
    expect(new URL(broughtBack).searchParams.get("iss")).toBe(twin.origin);

    const { resource } = asks(twin.mcpUrl);
    const tokens = tokensOf(await client.redeem(request, client.code(broughtBack), { resource }));
    expect(await whoami(client, tokens.accessToken)).toMatchObject({ name: USER });
    const refreshed = tokensOf(await client.refresh(tokens.refreshToken, { resource }));
    expect(await whoami(client, refreshed.accessToken)).toMatchObject({ name: USER });

    expect((await client.revoke(refreshed.refreshToken)).status).toBe(200);
    expect((await client.callTool(twin.mcpUrl, refreshed.accessToken, "whoami")).status).toBe(401);
    expect(await client.refresh(refreshed.refreshToken)).toMatchObject({ status: 400 });
  });
});

it.each(["http://127.0.0.1:33418", "http://127.0.0.1:33418/", "http://127.0.0.1:51877/"])(
  "CLI-13 Visual Studio Code, entered as it tells operators to, signs in at %s",
  async (redirectUri) => {
    const client = new OAuthClient(twin.origin, "vscode", redirectUri);
    const { accessToken } = await client.signIn(new Person(twin), USER, { resource: twin.mcpUrl });
    expect(await whoami(client, accessToken)).toMatchObject({ name: USER });
  },
);

it("CLI-11 Claude gets the secret that it asks for", async () => {
  const { json } = await send(`${twin.origin}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(REGISTERING[0]?.registers),
  });
  expect(json).toMatchObject({
    token_endpoint_auth_method: "client_secret_post",
    client_secret: expect.any(String),
    grant_types: BOTH_GRANTS,
  });
});

/**
 * Clients whose ID is the URL of their document. What ships fetches from public addresses alone, so these meet all the
 * endpoints in one process, with a network in which the clients' own names lead to loopback.
 */
const KEYS_URL = "https://chatgpt.com/oauth/jwks.json";

interface DocumentClient {
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>> & { readonly client_id: string };
  readonly redirectUri: string;
  readonly state: () => string;
  readonly authenticates: boolean;
}

const WITH_DOCUMENTS: readonly DocumentClient[] = [
  {
    name: "ChatGPT",
    document: {
      client_id: "https://chatgpt.com/oauth/3f6c2a/client.json",
      client_name: "ChatGPT",
      client_uri: "https://chatgpt.com",
      redirect_uris: ["https://chatgpt.com/connector_platform_oauth_redirect"],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      jwks_uri: KEYS_URL,
    },
    redirectUri: "https://chatgpt.com/connector_platform_oauth_redirect",
    state: () => `oauth_s_${urlSafe()}`,
    authenticates: true,
  },
  {
    name: "Claude",
    document: {
      client_id: "https://claude.ai/oauth/mcp-oauth-client-metadata",
      client_name: "Claude",
      client_uri: "https://claude.ai",
      redirect_uris: ["https://claude.ai/api/mcp/auth_callback"],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    redirectUri: "https://claude.ai/api/mcp/auth_callback",
    state: urlSafe,
    authenticates: false,
  },
  {
    name: "Claude Code",
    document: {
      client_id: "https://claude.ai/oauth/claude-code-client-metadata",
      client_name: "Claude Code",
      client_uri: "https://claude.ai",
      redirect_uris: ["http://localhost/callback", "http://127.0.0.1/callback"],
      grant_types: BOTH_GRANTS,
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    redirectUri: "http://localhost:54212/callback",
    state: urlSafe,
    authenticates: false,
  },
  {
    name: "Visual Studio Code",
    document: {
      client_id: "https://vscode.dev/oauth/client-metadata.json",
      client_name: "Visual Studio Code",
      client_uri: "https://vscode.dev/product",
      redirect_uris: ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
      grant_types: [...BOTH_GRANTS, "urn:ietf:params:oauth:grant-type:device_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      application_type: "native",
    },
    redirectUri: "http://127.0.0.1:33418/",
    state: () => `${base64()}+/==`,
    authenticates: false,
  },
];

describe("a client that is known by its document", () => {
  let sessions: Sessions;
  let host: DocumentHost;
  let key: CryptoKey;
  let jwks: object;
  let answer: (name: RouteName, request: Request) => Promise<Response>;

  beforeAll(async () => {
    [sessions, host] = await Promise.all([
      startSessions(),
      startDocumentHost(["chatgpt.com", "claude.ai", "vscode.dev"]),
    ]);
    const pair = await generateKeyPair("ES256");
    key = pair.privateKey;
    jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "1", use: "sig", alg: "ES256" }] };
    const all = endpoints(makeDependencies(sessions, {}, {}, host.network));
    answer = (name, request) => all[name](request, makeCall());
  });

  afterAll(async () => {
    await host?.stop();
    await sessions?.stop();
  });

  /** RFC 7523 §2.2. */
  async function assertion(id: string): Promise<Readonly<Record<string, string>>> {
    const now = sessions.clock.now();
    const jwt = new SignJWT({
      iss: id,
      sub: id,
      aud: `${ISSUER}/token`,
      jti: urlSafe(),
      iat: now,
      exp: now + 60,
    });
    return {
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: await jwt.setProtectedHeader({ alg: "ES256", kid: "1" }).sign(key),
    };
  }

  const post = async (name: RouteName, form: Readonly<Record<string, string>>) => {
    const response = await answer(name, formRequest(`/${name}`, form));
    return { status: response.status, json: (await response.json()) as Readonly<Record<string, string>> };
  };

  /** What the browser does, from the authorization URL to the client's redirect URI. */
  async function allow(url: string): Promise<URL> {
    const page = await answer("authorize", new Request(url));
    expect(page.status).toBe(200);
    const pageCookies = page.headers.getSetCookie();
    const shown = await page.text();
    const transaction = /name="transaction" value="([^"]+)"/.exec(shown)?.[1] ?? "";
    const form = new URLSearchParams({ transaction, decision: "allow" });
    for (const scope of tickedOn(shown)) form.append("scope", scope);
    const cookie = (set: readonly string[]) => withCookies(set).headers.get("cookie") ?? "";
    const approved = await answer(
      "consent",
      new Request(`${ISSUER}/consent`, {
        method: "POST",
        headers: { origin: ISSUER, "sec-fetch-site": "same-origin", cookie: cookie(pageCookies) },
        body: form,
      }),
    );
    const atEntra = new URL(approved.headers.get("location") ?? "");
    const state = atEntra.searchParams.get("state") ?? "";
    const answered = formRequest("/callback", { code: "entra-code", state }, FROM_ENTRA);
    const posted = await answer("entra-answer", answered);
    const held = [pageCookies, approved.headers.getSetCookie(), posted.headers.getSetCookie()].flat();
    const back = new Request(posted.headers.get("location") ?? "", { headers: { cookie: cookie(held) } });
    const arrived = await answer("callback", back);
    return new URL(arrived.headers.get("location") ?? "about:blank");
  }

  it.each(WITH_DOCUMENTS)(
    "CLI-3 CLI-6 AUT-1 TOK-1 TOK-5 TOK-7 $name signs in, has its token exchanged, refreshes and revokes",
    async ({ document, redirectUri, state, authenticates }) => {
      const { client_id } = document;
      host.answer = (request, response) =>
        answering(request.url === new URL(KEYS_URL).pathname ? jwks : document)(request, response);
      const credentials = async () => (authenticates ? assertion(client_id) : {});
      const [resource = ""] = resolvedGateway().servers.map((server) => server.resource);
      const client = new OAuthClient(ISSUER, client_id, redirectUri);
      const sent = state();
      const request = client.authorizationRequest({ state: sent, resource });
      const broughtBack = await allow(request.url);
      expect(broughtBack.href.split("?")[0]).toBe(redirectUri);
      expect(broughtBack.searchParams.get("state")).toBe(sent);

      const redemption = {
        grant_type: "authorization_code",
        client_id,
        code: client.code(broughtBack.href),
        redirect_uri: redirectUri,
        code_verifier: request.verifier,
        resource,
      };
      if (authenticates) {
        expect(await post("token", redemption)).toMatchObject({
          status: 401,
          json: { error: "invalid_client" },
        });
      }
      const redeemed = await post("token", { ...redemption, ...(await credentials()) });
      expect(redeemed.status).toBe(200);
      const refreshed = await post("token", {
        grant_type: "refresh_token",
        client_id,
        refresh_token: redeemed.json["refresh_token"] ?? "",
        ...(await credentials()),
      });
      expect(refreshed.status).toBe(200);

      // What the gateway does in a call: it has the token exchanged for the user's.
      const exchange = () => {
        const { sub, sid, aud } = claimsOf({ accessToken: refreshed.json["access_token"] ?? "" });
        const headers = { "content-type": "application/json" };
        const body = JSON.stringify({ sub, sid, aud });
        const url = `${ISSUER}/internal/session-token`;
        return answer("session-token", new Request(url, { method: "POST", headers, body }));
      };
      expect((await exchange()).status).toBe(200);
      const revocation = {
        client_id,
        token: refreshed.json["refresh_token"] ?? "",
        ...(await credentials()),
      };
      expect((await post("revoke", revocation)).status).toBe(200);
      expect((await exchange()).status).toBe(410);
    },
  );
});
