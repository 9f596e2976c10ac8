import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, type Tokens, tokensOf } from "../support/oauth-client.ts";
import { plainText } from "../support/page.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../support/person.ts";
import { DEFAULT_ANSWER, useRecordingBackend } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const TESS = "Tess Marlow";
const AUDIENCE = "https://files.contoso.com/mcp";
const TYPE = "mcp-assertion+jwt";

const backend = useRecordingBackend();
const scopes = [
  { name: "files.read", description: "read files" },
  { name: "files.write", description: "change files", required: false },
];
const twin = useOwnTwin(() => ({
  servers: [
    {
      name: "files",
      title: "Files",
      backend: { url: backend.url },
      identity: { assertion: { audience: AUDIENCE, claims: ["name", "preferred_username", "email"] } },
      scopes,
      access: { roles: ["Files.Reader"] },
      tools: { rules: [{ name: "delete_*", roles: ["Files.Admin"] }] },
    },
    {
      name: "clock",
      title: "Clock",
      backend: { url: backend.url },
      identity: "none",
      scopes: [{ name: "clock.read", description: "read the clock" }],
      tools: { rules: [{ name: "set_*", roles: ["Clock.Admin"] }] },
    },
    {
      name: "graph",
      title: "Microsoft Graph",
      backend: { app: "graph-mcp" },
      entra: { scope: "Mcp.Access" },
      scopes: [{ name: "mcp.tools", description: "use the tools" }],
      access: { roles: ["Mcp.User"] },
    },
  ],
}));
let client: OAuthClient;

const urlOf = (name: string) => twin.resolved.servers.find((server) => server.name === name)?.resource ?? "";

beforeEach(async () => {
  client = await OAuthClient.register(twin.origin);
  backend.reset();
});
afterEach(() => twin.entra.misissue());

const signIn = (name = "files", scope = "files.read files.write offline_access", user = MIRA) =>
  client.signIn(new Person(twin), user, { resource: urlOf(name), scope });

const call = ({ accessToken }: Pick<Tokens, "accessToken">, name = "files") =>
  client.callTool(urlOf(name), accessToken, "anything");

/** What the backend got last, verified as a server would: with the published keys alone. */
async function lastAssertion() {
  const token = /^Bearer (\S+)$/.exec(backend.requests.at(-1)?.headers.authorization ?? "")?.[1] ?? "";
  const { payload, protectedHeader } = await jwtVerify(
    token,
    createRemoteJWKSet(new URL(`${twin.origin}/jwks`)),
    { issuer: twin.origin, audience: AUDIENCE, typ: TYPE, algorithms: ["RS256"] },
  );
  return { token, payload, protectedHeader };
}

describe("a server that gets an assertion", () => {
  it("GW-15 GW-2 verifies with the gateway's key set who calls and what they granted, and never sees another token", async () => {
    const tokens = await signIn();
    expect((await call(tokens)).status).toBe(200);
    const { token, payload, protectedHeader } = await lastAssertion();
    const access = decodeJwt(tokens.accessToken);
    const user = twin.tenant.users.find(({ displayName }) => displayName === MIRA);
    expect(protectedHeader).toEqual({ alg: "RS256", typ: TYPE, kid: expect.any(String) });
    expect(payload).toEqual({
      iss: twin.origin,
      sub: access.sub,
      aud: AUDIENCE,
      client_id: client.id,
      scope: "files.read files.write",
      jti: expect.any(String),
      sid: access["sid"],
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 600,
      oid: user?.oid,
      tid: twin.tenant.tenantId,
      name: MIRA,
      preferred_username: user?.userPrincipalName,
      email: user?.mail,
      auth_time: expect.any(Number),
      roles: ["Files.Reader"],
    });
    expect(token).not.toBe(tokens.accessToken);
    expect(backend.requests.at(-1)?.headers).toMatchObject({
      "x-gateway-scopes": "files.read files.write",
      "x-gateway-client": client.id,
    });
  });

  it("GW-15 asks Entra for nothing but who the person is, and keeps no access token of Entra's", async () => {
    const person = new Person(twin);
    const entra = await person.askEntra(client.authorizationRequest({ resource: urlOf("files") }).url);
    expect(entra.url.searchParams.get("scope")).toBe("openid profile offline_access email");
    client.code(arrivedAtClient(await person.press(entra, MIRA)));
  });

  it("GW-15 GW-5 costs one point read for an assertion, and nothing while the gateway has it", async () => {
    const tokens = await signIn();
    twin.cosmos.resetOperations();
    await call(tokens);
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1 });
    const first = await lastAssertion();
    await call(tokens);
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1 });
    expect((await lastAssertion()).token).toBe(first.token);
  });

  it("GW-15 names the scopes of the access token that was used, whatever the session's other ones have", async () => {
    const whole = await signIn();
    await call(whole);
    const narrow = tokensOf(await client.refresh(whole.refreshToken, { scope: "files.read" }));
    await call(narrow);
    expect((await lastAssertion()).payload["scope"]).toBe("files.read");
    await call(whole);
    expect((await lastAssertion()).payload["scope"]).toBe("files.read files.write");
    const again = tokensOf(await client.refresh(narrow.refreshToken));
    await call(again);
    expect((await lastAssertion()).payload["scope"]).toBe("files.read files.write");
  });

  it("GW-15 gets acr and amr where Entra says them, and makes none up", async () => {
    twin.entra.misissue({ acr: "1", amr: ["pwd", "mfa"] });
    await call(await signIn());
    expect((await lastAssertion()).payload).toMatchObject({ acr: "1", amr: ["pwd", "mfa"] });
  });

  it("CAL-3 keeps out a person without the role at the sign-in application", async () => {
    const person = new Person(twin);
    const entra = await person.askEntra(client.authorizationRequest({ resource: urlOf("files") }).url);
    const page = arrivedAtPage(await person.press(entra, TESS));
    expect(page.status).toBe(403);
    expect(plainText(page.html)).toContain("You have no access to Files");
  });

  it("GW-9 gets a fresh one after it refused the first, and its own challenge goes nowhere", async () => {
    const tokens = await signIn();
    await call(tokens);
    const first = await lastAssertion();
    const challenge = { "www-authenticate": 'Bearer authorization_uri="https://elsewhere.example"' };
    backend.answerNextWith({ status: 401, headers: challenge, body: "" });
    expect((await call(tokens)).status).toBe(200);
    expect((await lastAssertion()).payload.jti).not.toBe(first.payload.jti);
    backend.answerWith({ status: 401, headers: challenge, body: "" });
    const refused = await call(tokens);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(refused.headers.get("www-authenticate")).not.toContain("elsewhere");
  });

  it("GW-15 TOK-7 gets none for a session that has ended", async () => {
    const tokens = await signIn();
    await call(tokens);
    const { payload } = await lastAssertion();
    await client.revoke(tokens.refreshToken);
    backend.forget();
    expect((await call(tokens)).status).toBe(401);
    expect(backend.requests).toEqual([]);
    expect(payload.exp).toBeLessThanOrEqual(Date.now() / 1000 + 600);
  });
});

describe("a server that is told nothing", () => {
  it("GW-15 gets no Authorization, and the gateway's fields all the same", async () => {
    const tokens = await signIn("clock", "clock.read offline_access", TESS);
    expect((await call(tokens, "clock")).status).toBe(200);
    const [received] = backend.requests;
    expect(received?.headers).not.toHaveProperty("authorization");
    expect(received?.headers).toMatchObject({
      "x-gateway-scopes": "clock.read",
      "x-gateway-client": client.id,
    });
    expect((await client.callTool(urlOf("clock"), undefined, "anything")).status).toBe(401);
  });

  it("GW-15 cannot send the client to sign in again, because no sign-in would help", async () => {
    const tokens = await signIn("clock", "clock.read offline_access");
    backend.answerWith({ ...DEFAULT_ANSWER, status: 401, headers: { "www-authenticate": "Bearer" } });
    const answer = await call(tokens, "clock");
    expect(answer.status).toBe(502);
    expect(answer.headers.has("www-authenticate")).toBe(false);
    expect(backend.requests).toHaveLength(1);
  });
});

describe("access rules of servers without Entra tokens", () => {
  it.each([
    ["files", "files.read", "delete_all"],
    ["clock", "clock.read", "set_time"],
  ])("GW-12 GW-15 decide by the roles at the sign-in application: %s", async (name, scope, tool) => {
    const statusFor = async (user: string, wanted: string) => {
      const { accessToken } = await signIn(name, `${scope} offline_access`, user);
      return (await client.callTool(urlOf(name), accessToken, wanted)).status;
    };
    expect(await statusFor(MIRA, "list")).toBe(200);
    expect(await statusFor(MIRA, tool)).toBe(403);
    expect(await statusFor("Jonas Lindqvist", tool)).toBe(200);
  });
});

describe("one sign-in for servers with an Entra token and without", () => {
  it("GW-15 GW-2 gives each server what it expects, whichever the client names first", async () => {
    for (const names of [
      ["files", "graph"],
      ["graph", "files"],
    ]) {
      const first = await client.signIn(new Person(twin), MIRA, {
        resource: names.map(urlOf),
        scope: "files.read mcp.tools offline_access",
      });
      const files = tokensOf(await client.refresh(first.refreshToken, { resource: urlOf("files") }));
      expect((await call(files)).status).toBe(200);
      expect((await lastAssertion()).payload).toMatchObject({ scope: "files.read", name: MIRA });
      const graph = tokensOf(await client.refresh(files.refreshToken, { resource: urlOf("graph") }));
      expect((await client.callTool(urlOf("graph"), graph.accessToken, "whoami")).status).toBe(200);
    }
  });
});

describe("the person's standing at Entra", () => {
  const HALF = 1800;

  it("GW-15 CAL-3 is checked again within the hour, and a lost role ends the use of the server", async () => {
    const tokens = await signIn();
    expect((await call(tokens)).status).toBe(200);
    const asked = twin.entra.requests.token;
    await twin.advance(HALF);
    const half = tokensOf(await client.refresh(tokens.refreshToken));
    expect((await call(half)).status).toBe(200);
    expect(twin.entra.requests.token).toBe(asked);
    twin.entra.misissue({ roles: [] });
    await twin.advance(HALF);
    twin.gateway.cache.clear();
    expect((await call(half)).status).toBe(401);
    expect(twin.entra.requests.token).toBe(asked + 1);
    expect(await client.refresh(half.refreshToken)).toMatchObject({ json: { error: "invalid_grant" } });
  });

  it("GW-15 CAL-3 ends it for a person whose account was disabled", async () => {
    const tokens = await signIn();
    const user = twin.tenant.users.find(({ displayName }) => displayName === MIRA);
    twin.entra.revokeUser(user?.oid ?? "");
    await twin.advance(2 * HALF);
    expect(await client.refresh(tokens.refreshToken)).toMatchObject({ json: { error: "invalid_grant" } });
  });
});
