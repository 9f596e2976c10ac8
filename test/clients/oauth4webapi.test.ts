import { createHash, randomBytes } from "node:crypto";
import * as oauth from "oauth4webapi";
import { beforeAll, describe, expect, it } from "vitest";
import { Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
const REDIRECT_URI = "http://127.0.0.1:9999/callback";
const METADATA = {
  client_name: "Strict client",
  redirect_uris: [REDIRECT_URI],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};
/** The twin speaks plain HTTP; everything else about this client stays strict. */
const INSECURE = { [oauth.allowInsecureRequests]: true } as const;
const withoutSecret = oauth.None();
/** The resource server that asks about tokens. */
const BACKEND = { client_id: "graph-backend" };
const backendSecret = randomBytes(32).toString("base64url");

interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

const twin = useOwnTwin({
  resourceServers: [
    {
      id: BACKEND.client_id,
      server: "graph",
      auth: { secretHash: createHash("sha256").update(backendSecret).digest("base64url") },
    },
  ],
});
let server: oauth.AuthorizationServer;
let client: oauth.Client;

beforeAll(async () => {
  const issuer = new URL(twin.origin);
  server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { ...INSECURE, algorithm: "oauth2" }),
  );
  client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(server, METADATA, INSECURE),
  );
});

describe("oauth4webapi finds the authorization server", () => {
  it("DIS-1 DIS-2 from the MCP URL by the resource's metadata", async () => {
    const resource = new URL(twin.mcpUrl);
    const response = await oauth.resourceDiscoveryRequest(resource, INSECURE);
    expect(await oauth.processResourceDiscoveryResponse(resource, response)).toMatchObject({
      resource: twin.mcpUrl,
      authorization_servers: [twin.origin],
    });
  });

  it.each(["oauth2", "oidc"] as const)(
    "DIS-4 by its %s metadata, whose issuer it compares",
    async (algorithm) => {
      const issuer = new URL(twin.origin);
      const discover = () => oauth.discoveryRequest(issuer, { ...INSECURE, algorithm });
      const found = await oauth.processDiscoveryResponse(issuer, await discover());
      expect(found).toMatchObject({ issuer: twin.origin, jwks_uri: `${twin.origin}/jwks` });
      const another = new URL("http://localhost:1");
      await expect(oauth.processDiscoveryResponse(another, await discover())).rejects.toMatchObject({
        code: oauth.JSON_ATTRIBUTE_COMPARISON,
      });
    },
  );

  it("DIS-6 and takes it that there are no pushed authorization requests", async () => {
    expect(server.require_pushed_authorization_requests).toBeUndefined();
    const push = oauth.pushedAuthorizationRequest(server, client, withoutSecret, {}, INSECURE);
    await expect(push).rejects.toMatchObject({ code: oauth.MISSING_SERVER_METADATA });
  });
});

describe("oauth4webapi registers", () => {
  it("CLI-1 and gets back what it sent, and no secret", () => {
    expect(client).toMatchObject({ ...METADATA, client_id: expect.any(String) });
    expect(client).not.toHaveProperty("client_secret");
  });

  it("CLI-1 TOK-2 and reads why it was refused", async () => {
    const response = await oauth.dynamicClientRegistrationRequest(
      server,
      { ...METADATA, redirect_uris: ["http://client.example/callback"] },
      INSECURE,
    );
    await expect(oauth.processDynamicClientRegistrationResponse(response)).rejects.toMatchObject({
      code: oauth.RESPONSE_BODY_ERROR,
      status: 400,
      error: "invalid_redirect_uri",
      error_description: expect.any(String),
    });
  });
});

describe("oauth4webapi signs in", () => {
  it("AUT-1 AUT-2 TOK-1 with PKCE, validates `iss`, and its access token is a JWT by RFC 9068", async () => {
    const { answer, verifier } = await authorize();
    const tokens = await redeem(answer, verifier);
    expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 3600, scope: "mcp.tools" });
    const call = new Request(twin.mcpUrl, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(await oauth.validateJwtAccessToken(server, call, twin.mcpUrl, INSECURE)).toMatchObject({
      iss: twin.origin,
      aud: twin.mcpUrl,
      client_id: client.client_id,
      scope: "mcp.tools",
    });
  });

  it("AUT-2 and refuses the answer where `iss` is missing or another's", async () => {
    const { answer, state } = await authorizationAnswer((person, url) => person.allow(url, USER));
    const changed = (change: (parameters: URLSearchParams) => void) => {
      const parameters = new URLSearchParams(answer.searchParams);
      change(parameters);
      return () => oauth.validateAuthResponse(server, client, parameters, state);
    };
    expect(changed((parameters) => parameters.delete("iss"))).toThrow('"iss" (issuer) missing');
    expect(changed((parameters) => parameters.set("iss", "https://entra.example"))).toThrow(
      'unexpected "iss" (issuer)',
    );
    expect(changed(() => undefined)).not.toThrow();
  });

  it("AUT-2 CON-5 and reads that the person denied it, from an answer with `iss` and its `state`", async () => {
    const { answer, state } = await authorizationAnswer((person, url) => person.deny(url));
    expect(answer.searchParams.get("iss")).toBe(twin.origin);
    expect(authorizationError(answer, state)).toMatchObject({
      code: oauth.AUTHORIZATION_RESPONSE_ERROR,
      error: "access_denied",
      error_description: expect.any(String),
    });
  });

  it("AUT-2 AUT-3 and reads that there is no such resource", async () => {
    const { answer, state } = await authorizationAnswer(
      async (person, url) => {
        const arrival = await person.open(url);
        if ("page" in arrival) throw new Error(`a page: ${arrival.page.title}`);
        return arrival.atClient;
      },
      { resource: `${twin.origin}/nothing-here` },
    );
    expect(authorizationError(answer, state)).toMatchObject({ error: "invalid_target" });
  });

  it("TOK-3 TOK-2 and reads that its code goes with another verifier", async () => {
    const { answer } = await authorize();
    await expect(redeem(answer, oauth.generateRandomCodeVerifier())).rejects.toMatchObject({
      code: oauth.RESPONSE_BODY_ERROR,
      status: 400,
      error: "invalid_grant",
    });
  });
});

describe("oauth4webapi keeps its session", () => {
  it("TOK-5 and gets a new pair of tokens for a refresh token", async () => {
    const before = await signIn();
    const after = await refresh(before.refresh);
    expect(after).toMatchObject({ token_type: "bearer", scope: "mcp.tools" });
    expect(after.access_token).not.toBe(before.access);
    expect(after.refresh_token).toEqual(expect.any(String));
    expect(after.refresh_token).not.toBe(before.refresh);
    expect((await callServer(after.access_token)).status).toBe(200);
  });

  it("TOK-2 TOK-6 and reads that a refresh may not widen the scope", async () => {
    const { refresh: token } = await signIn();
    await expect(refresh(token, { scope: "mcp.tools mcp.everything" })).rejects.toMatchObject({
      code: oauth.RESPONSE_BODY_ERROR,
      status: 400,
      error: "invalid_scope",
    });
  });

  it("CLI-7 TOK-2 and reads that it is not registered, where neither it nor its token is known", async () => {
    const unknown = { ...client, client_id: "nobody" };
    const response = await oauth.refreshTokenGrantRequest(
      server,
      unknown,
      withoutSecret,
      "unknown",
      INSECURE,
    );
    await expect(oauth.processRefreshTokenResponse(server, unknown, response)).rejects.toMatchObject({
      code: oauth.RESPONSE_BODY_ERROR,
      status: 401,
      error: "invalid_client",
    });
  });
});

describe("oauth4webapi signs out", () => {
  it.each(["access", "refresh"] as const)("TOK-7 by its %s token, and both end", async (kind) => {
    const tokens = await signIn();
    expect((await callServer(tokens.access)).status).toBe(200);
    const response = await oauth.revocationRequest(server, client, withoutSecret, tokens[kind], INSECURE);
    await oauth.processRevocationResponse(response);
    await expect(refresh(tokens.refresh)).rejects.toMatchObject({ error: "invalid_grant" });
    await expect(callServer(tokens.access)).rejects.toMatchObject({
      code: oauth.WWW_AUTHENTICATE_CHALLENGE,
      status: 401,
      cause: [
        {
          scheme: "bearer",
          parameters: { error: "invalid_token", resource_metadata: expect.stringContaining("/mcp") },
        },
      ],
    });
  });

  it("TOK-7 and may give a token that is none of ours", async () => {
    const response = await oauth.revocationRequest(server, client, withoutSecret, "unknown", INSECURE);
    await expect(oauth.processRevocationResponse(response)).resolves.toBeUndefined();
  });
});

describe("oauth4webapi introspects for a resource server", () => {
  const introspect = async (token: string) => {
    const secret = oauth.ClientSecretBasic(backendSecret);
    const response = await oauth.introspectionRequest(server, BACKEND, secret, token, INSECURE);
    return oauth.processIntrospectionResponse(server, BACKEND, response);
  };

  it("TOK-8 and is told whose an access token is, until it is revoked", async () => {
    const { access } = await signIn();
    expect(await introspect(access)).toMatchObject({
      active: true,
      iss: twin.origin,
      aud: twin.mcpUrl,
      client_id: client.client_id,
      scope: "mcp.tools",
    });
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, withoutSecret, access, INSECURE),
    );
    expect(await introspect(access)).toEqual({ active: false });
  });

  it("TOK-8 and reads that a client is no resource server", async () => {
    const asking = { client_id: client.client_id };
    const secret = oauth.ClientSecretBasic(backendSecret);
    const response = await oauth.introspectionRequest(server, asking, secret, "unknown", INSECURE);
    expect(response.status).toBe(401);
    await expect(oauth.processIntrospectionResponse(server, asking, response)).rejects.toMatchObject({
      status: 401,
    });
  });
});

describe("oauth4webapi calls without a token", () => {
  it("DIS-3 and reads a challenge without an error", async () => {
    const response = await fetch(twin.mcpUrl, { method: "POST" });
    await response.body?.cancel();
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).not.toContain("error");
  });
});

/** Brings an authorization request to a person's browser. @returns where it came back to the client */
async function authorizationAnswer(
  way: (person: Person, url: string) => Promise<string>,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly answer: URL; readonly state: string; readonly verifier: string }> {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint ?? "");
  url.search = String(
    new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      response_type: "code",
      scope: "mcp.tools",
      resource: twin.mcpUrl,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...more,
    }),
  );
  return { answer: new URL(await way(new Person(twin), url.href)), state, verifier };
}

async function authorize() {
  const { answer, state, verifier } = await authorizationAnswer((person, url) => person.allow(url, USER));
  return { answer: oauth.validateAuthResponse(server, client, answer, state), verifier };
}

async function redeem(answer: URLSearchParams, verifier: string): Promise<oauth.TokenEndpointResponse> {
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    withoutSecret,
    answer,
    REDIRECT_URI,
    verifier,
    { ...INSECURE, additionalParameters: { resource: twin.mcpUrl } },
  );
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

async function signIn(): Promise<Tokens> {
  const { answer, verifier } = await authorize();
  const { access_token: access, refresh_token: refresh } = await redeem(answer, verifier);
  if (refresh === undefined) throw new Error("there was no refresh token");
  return { access, refresh };
}

async function refresh(
  token: string,
  more: Readonly<Record<string, string>> = {},
): Promise<oauth.TokenEndpointResponse> {
  const response = await oauth.refreshTokenGrantRequest(server, client, withoutSecret, token, {
    ...INSECURE,
    additionalParameters: { resource: twin.mcpUrl, ...more },
  });
  return oauth.processRefreshTokenResponse(server, client, response);
}

/** Lists the tools. @throws WWWAuthenticateChallengeError when the gateway wants another token */
async function callServer(accessToken: string): Promise<Response> {
  const headers = new Headers({
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
  });
  const message = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  const url = new URL(twin.mcpUrl);
  const response = await oauth.protectedResourceRequest(accessToken, "POST", url, headers, message, INSECURE);
  await response.body?.cancel();
  return response;
}

/** What the client throws for an answer that is an error. */
function authorizationError(answer: URL, state: string): unknown {
  try {
    return oauth.validateAuthResponse(server, client, answer, state);
  } catch (error) {
    return error;
  }
}
