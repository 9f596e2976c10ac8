import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt, type JWTPayload } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { configuredTenant, demoTenant, FIELD_STAFF } from "../../../local/entra/demo-tenant.ts";
import type { DemoUser } from "../../../local/entra/directory.ts";
import { type Driving, drive } from "../../../local/entra/driving.ts";
import { makeSigningKey, type SigningKey } from "../../../local/entra/signing.ts";
import { clouds } from "../../platform/clouds.ts";
import { inTime, REQUEST_MILLISECONDS } from "../../platform/request-scope.ts";
import { circuit } from "../circuit.ts";
import { makeCall } from "../testing/calls.ts";
import { makeCircuit } from "../testing/circuit.ts";
import { makeClock } from "../testing/clock.ts";
import { failureOf } from "../testing/failure.ts";
import { entraUpstream } from "./entra.ts";
import { SignInTooOldError, TenantRefusedError, UpstreamError } from "./errors.ts";
import type { EntraTokens, SignInWishes, Upstream } from "./upstream.ts";

const FERNHILL = "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12";
const STONEGATE = "8b3d2e30-b5c7-4f20-8d60-74b8c3e9fb23";

let driving: Driving;
let upstream: Upstream;
let scope: string;
let notesScope: string;
let mira: DemoUser;
let tess: DemoUser;
/** Of other tenants: one that is listed here and there, one that never is. */
let nils: DemoUser;
let sana: DemoUser;

// One stand-in for all: a process keeps the tokens of its managed identities wherever they came from.
beforeAll(async () => {
  const { applications } = configuredTenant(demoTenant("http://localhost:8080"), {
    tenants: [FERNHILL],
    groups: [FIELD_STAFF],
  });
  // A server that was there before may be everybody's, too.
  driving = await drive({
    applications: applications.map((each) => ({ ...each, signInAudience: "AzureADMultipleOrgs" })),
  });
  const { entra, tenant } = driving;
  vi.stubEnv("IDENTITY_ENDPOINT", entra.identityEndpoint);
  vi.stubEnv("IDENTITY_HEADER", entra.identityHeader);
  upstream = upstreamAt(entra.url);
  scope = `api://${tenant.graphMcp.clientId}/Mcp.Access`;
  notesScope = `${tenant.notes.identifierUris[0]}/${tenant.notes.scopes[0]?.value}`;
  [mira, , tess] = tenant.users as [DemoUser, DemoUser, DemoUser];
  [nils, sana] = tenant.furtherTenants.flatMap(({ users }) => users) as [DemoUser, DemoUser];
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await driving.entra.stop();
});

function upstreamAt(
  authorityHost: string,
  furtherTenantIds: readonly string[] = [],
  circuit = makeCircuit(),
): Upstream {
  const { tenant, redirectUri } = driving;
  const app = {
    authorityHost,
    tenantId: tenant.tenantId,
    clientId: tenant.signIn.clientId,
    managedIdentityClientId: tenant.identity.authorizationServer.clientId,
    tokenExchangeAudience: clouds.public.tokenExchangeAudience,
    furtherTenantIds,
  };
  return entraUpstream(app, redirectUri, circuit);
}

/** Goes through Entra as a browser does, up to the code. */
async function approach(user: DemoUser, wishes?: SignInWishes, via = upstream) {
  const { url, request } = await via.startSignIn(scope, "the-state", wishes);
  const back = await driving.signIn(url, user.oid);
  return { code: back.searchParams.get("code") ?? "", state: back.searchParams.get("state"), request };
}

async function signIn(user: DemoUser, wishes?: SignInWishes, via = upstream) {
  const { code, request } = await approach(user, wishes, via);
  return via.finishSignIn(code, [scope], request);
}

/** Changes the times of the access token in a serialized msal cache; seconds from now. */
function withTimes({ cache, account }: EntraTokens, times: Readonly<Record<string, number>>): EntraTokens {
  const parsed = JSON.parse(cache) as { AccessToken: Record<string, Record<string, string>> };
  const now = Math.floor(Date.now() / 1000);
  for (const token of Object.values(parsed.AccessToken)) {
    for (const [name, seconds] of Object.entries(times)) token[name] = String(now + seconds);
  }
  return { cache: JSON.stringify(parsed), account };
}

describe("starting a sign-in", () => {
  it("CAL-2 AUT-4 asks for a code with PKCE, state and nonce, and names no resource", async () => {
    const { url, request } = await upstream.startSignIn(scope, "the-state");
    const { origin, pathname, searchParams } = new URL(url);
    expect(`${origin}${pathname}`).toBe(
      `${driving.entra.url}/${driving.tenant.tenantId}/oauth2/v2.0/authorize`,
    );
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: driving.tenant.signIn.clientId,
      response_type: "code",
      response_mode: "query",
      redirect_uri: driving.redirectUri,
      scope: `openid profile offline_access ${scope}`,
      state: "the-state",
      nonce: request.nonce,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      claims: '{"access_token":{"xms_cc":{"values":["cp1"]}}}',
    });
    expect(url).not.toContain(request.verifier);
  });

  it("CAL-2 makes a verifier and a nonce of its own for each", async () => {
    const started = await Promise.all([1, 2].map(() => upstream.startSignIn(scope, "s")));
    expect(new Set(started.map(({ request }) => request.verifier)).size).toBe(2);
    expect(new Set(started.map(({ request }) => request.nonce)).size).toBe(2);
  });

  it("asks nobody yet", async () => {
    const before = { ...driving.entra.requests };
    await upstream.startSignIn(scope, "s");
    expect(driving.entra.requests).toEqual(before);
  });
});

describe("finishing a sign-in", () => {
  it("says who the user is, with the roles for the MCP server", async () => {
    const { user, memberships } = await signIn(mira);
    expect(user).toEqual({ objectId: mira.oid, tenantId: driving.tenant.tenantId });
    expect(memberships).toEqual(new Map([[scope, { roles: ["Mcp.User"], groups: [] }]]));
  });

  it("gets the tokens of several MCP servers with one code, each with its own audience and roles", async () => {
    const { code, request } = await approach(mira);
    const asked = driving.entra.requests.token;
    const { memberships, tokens } = await upstream.finishSignIn(code, [scope, notesScope], request);
    expect(driving.entra.requests.token).toBe(asked + 2);
    expect(memberships).toEqual(
      new Map([
        [scope, { roles: ["Mcp.User"], groups: [] }],
        [notesScope, { roles: [], groups: [] }],
      ]),
    );
    for (const [each, { clientId }] of [
      [scope, driving.tenant.graphMcp],
      [notesScope, driving.tenant.notes],
    ] as const) {
      const { token, renewed } = await upstream.accessToken(tokens, each);
      expect(decodeJwt(token)).toMatchObject({ aud: clientId, oid: mira.oid });
      expect(renewed).toBeUndefined();
    }
    expect(driving.entra.requests.token).toBe(asked + 2);
  });

  it("GW-9 is refused with claims, and goes well when Entra is asked for them", async () => {
    driving.entra.requireMultifactor(mira.oid, "claims");
    const failure = await failureOf(signIn(mira));
    expect(failure).toMatchObject({ kind: "refused", message: "entra_refused AADSTS50076" });
    const { claims } = failure as UpstreamError;
    const { url, request } = await upstream.startSignIn(scope, "the-state", { claims });
    expect(JSON.parse(new URL(url).searchParams.get("claims") ?? "")).toMatchObject(JSON.parse(claims ?? ""));
    const back = await driving.signIn(url, mira.oid);
    const code = back.searchParams.get("code") ?? "";
    await expect(upstream.finishSignIn(code, [scope], request)).resolves.toBeDefined();
  });

  it("is refused when one of several MCP servers is not to be had", async () => {
    const { code, request } = await approach(mira);
    const unknown = "api://00000000-1111-4222-8333-444444444444/Mcp.Access";
    expect(await failureOf(upstream.finishSignIn(code, [scope, unknown], request))).toMatchObject({
      name: "UpstreamError",
      kind: "refused",
    });
  });

  it("gives a user without a role none", async () => {
    expect((await signIn(tess)).memberships).toEqual(
      new Map([[scope, { roles: [], groups: [FIELD_STAFF] }]]),
    );
  });

  it("CAL-2 refuses an answer to another sign-in's nonce", async () => {
    const { code, request } = await approach(mira);
    const other = { ...request, nonce: "another" };
    expect(await failureOf(upstream.finishSignIn(code, [scope], other))).toMatchObject({ kind: "refused" });
  });

  it("CAL-2 refuses a code with another sign-in's verifier", async () => {
    const { code, request } = await approach(mira);
    const other = { ...request, verifier: "v".repeat(43) };
    expect(await failureOf(upstream.finishSignIn(code, [scope], other))).toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/^entra_refused AADSTS\d+$/),
    });
  });

  it("CAL-2 refuses a code a second time", async () => {
    const { code, request } = await approach(mira);
    await upstream.finishSignIn(code, [scope], request);
    expect(await failureOf(upstream.finishSignIn(code, [scope], request))).toMatchObject({ kind: "refused" });
  });

  it.each(["", "x", "1.AAAA"])("refuses what is no code: %j", async (code) => {
    const { request } = await approach(mira);
    const failure = await failureOf(upstream.finishSignIn(code, [scope], request));
    expect(failure).toBeInstanceOf(UpstreamError);
    expect(failure).toMatchObject({ kind: "refused" });
  });
});

describe("the user's access token", () => {
  it("is the kept one while it lives: Entra is not asked, and there is nothing new to keep", async () => {
    const { tokens } = await signIn(mira);
    const asked = driving.entra.requests.token;
    const { token, expiresAt, roles, renewed } = await upstream.accessToken(tokens, scope);
    expect(roles).toEqual(["Mcp.User"]);
    expect(decodeJwt(token)).toMatchObject({ oid: mira.oid, scp: "Mcp.Access" });
    expect(Math.abs(expiresAt - (decodeJwt(token).exp ?? 0))).toBeLessThanOrEqual(2);
    expect(renewed).toBeUndefined();
    expect(driving.entra.requests.token).toBe(asked);
    expect((await upstream.accessToken(tokens, scope)).token).toBe(token);
  });

  it("TOK-6 GW-3 is renewed when it ends within five minutes, and not before", async () => {
    const { tokens } = await signIn(mira);
    const kept = await upstream.accessToken(tokens, scope);
    const asked = driving.entra.requests.token;
    expect(
      (await upstream.accessToken(withTimes(tokens, { expires_on: 330 }), scope)).renewed,
    ).toBeUndefined();
    expect(driving.entra.requests.token).toBe(asked);

    const fresh = await upstream.accessToken(withTimes(tokens, { expires_on: 290 }), scope);
    expect(driving.entra.requests.token).toBe(asked + 1);
    expect(fresh.token).not.toBe(kept.token);
    expect(fresh.expiresAt).toBeGreaterThan(Date.now() / 1000 + 3000);
    expect(fresh.renewed?.account).toBe(tokens.account);
    const again = await upstream.accessToken(fresh.renewed ?? tokens, scope);
    expect(again).toMatchObject({ token: fresh.token });
    expect(again.renewed).toBeUndefined();
  });

  it("TOK-6 keeps what Entra renewed ahead of time, though the kept token still serves", async () => {
    const { tokens } = await signIn(mira);
    const { token } = await upstream.accessToken(tokens, scope);
    const early = await upstream.accessToken(withTimes(tokens, { refresh_on: -10 }), scope);
    expect(early.token).toBe(token);
    expect(early.renewed).toBeDefined();
    const next = await upstream.accessToken(early.renewed ?? tokens, scope);
    expect(next.token).not.toBe(token);
    expect(next.renewed).toBeUndefined();
  });

  it("GW-9 is a new one before its time when it is asked for, with claims or without", async () => {
    const { tokens } = await signIn(mira);
    const { token } = await upstream.accessToken(tokens, scope);
    for (const renewal of [{}, { claims: '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}' }]) {
      const fresh = await upstream.accessToken(tokens, scope, renewal);
      expect(fresh.token).not.toBe(token);
      expect((await upstream.accessToken(fresh.renewed ?? tokens, scope)).token).toBe(fresh.token);
    }
  });

  it("TOK-6 is refused to a user whose sign-in was revoked, until the next one", async () => {
    const { tokens } = await signIn(mira);
    const ended = withTimes(tokens, { expires_on: -10 });
    driving.entra.revokeUser(mira.oid);
    expect(await failureOf(upstream.accessToken(ended, scope))).toMatchObject({
      kind: "refused",
      message: "entra_refused AADSTS50173",
    });
    const { tokens: anew } = await signIn(mira);
    await expect(upstream.accessToken(withTimes(anew, { expires_on: -10 }), scope)).resolves.toBeDefined();
  });

  it("TOK-6 is refused when policy asks for another factor", async () => {
    const { tokens } = await signIn(mira);
    driving.entra.requireMultifactor(mira.oid);
    expect(
      await failureOf(upstream.accessToken(withTimes(tokens, { expires_on: -10 }), scope)),
    ).toMatchObject({
      kind: "refused",
      message: "entra_refused AADSTS50076",
      claims: expect.stringContaining('"capolids"'),
    });
    await signIn(mira);
  });

  it("is refused without an account, and without a refresh token when the access token has ended", async () => {
    const { tokens } = await signIn(mira);
    expect(await failureOf(upstream.accessToken({ ...tokens, account: "other" }, scope))).toMatchObject({
      message: "entra_refused no_account",
    });
    const ended = withTimes(tokens, { expires_on: -10 });
    const cache = JSON.stringify({ ...JSON.parse(ended.cache), RefreshToken: {} });
    expect(await failureOf(upstream.accessToken({ ...ended, cache }, scope))).toMatchObject({
      kind: "refused",
    });
  });

  it("stays apart for two users at once", async () => {
    const [one, two] = [await signIn(mira), await signIn(tess)];
    const given = await Promise.all([one, two].map(({ tokens }) => upstream.accessToken(tokens, scope)));
    expect(given.map(({ token }) => decodeJwt(token)["oid"])).toEqual([mira.oid, tess.oid]);
  });
});

describe("what a sign-in has to be like", () => {
  const parameters = async (wishes: SignInWishes) =>
    new URL((await upstream.startSignIn(scope, "s", wishes)).url).searchParams;

  it("goes to Entra, but for max_age, which would cut its tokens short", async () => {
    const asked = await parameters({ prompt: "select_account", maxAge: 60, loginHint: "mira+x@example" });
    expect(asked.get("prompt")).toBe("select_account");
    expect(asked.get("login_hint")).toBe("mira+x@example");
    expect(asked.has("max_age")).toBe(false);
    expect((await parameters({ maxAge: 0, prompt: "select_account" })).get("prompt")).toBe("login");
  });

  it("lets a sign-in pass that is young enough, and refuses an older one until the person signs in anew", async () => {
    driving.entra.ageSession(mira.oid, 3600);
    await expect(signIn(mira)).resolves.toBeDefined();
    await expect(signIn(mira, { maxAge: 3700 })).resolves.toBeDefined();
    expect(await failureOf(signIn(mira, { maxAge: 3000 }))).toBeInstanceOf(SignInTooOldError);
    await expect(signIn(mira, { maxAge: 0 })).resolves.toBeDefined();
    await expect(signIn(mira, { maxAge: 3000 })).resolves.toBeDefined();
  });

  it.each<[string, unknown]>([
    ["does not say", undefined],
    ["says in words", "yesterday"],
    ["says as a text", String(Math.floor(Date.now() / 1000))],
  ])("refuses a sign-in whose time Entra %s, where it matters", async (_, auth_time) => {
    driving.entra.misissue({ auth_time });
    try {
      await expect(signIn(mira)).resolves.toBeDefined();
      expect(await failureOf(signIn(mira, { maxAge: 600 }))).toBeInstanceOf(SignInTooOldError);
    } finally {
      driving.entra.misissue();
    }
  });

  it("GW-9 declares that we take claims challenges, with claims of its own or without", async () => {
    const { code, request } = await approach(mira);
    const { tokens } = await upstream.finishSignIn(code, [scope, notesScope], request);
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    for (const renewal of [undefined, {}, { claims }]) {
      const { token } = await upstream.accessToken(tokens, notesScope, renewal);
      expect(decodeJwt(token)["xms_cc"]).toEqual(["cp1"]);
    }
    const asked = await parameters({ claims });
    expect(JSON.parse(asked.get("claims") ?? "")).toEqual({
      access_token: { acrs: { essential: true, value: "c1" }, xms_cc: { values: ["cp1"] } },
    });
  });
});

describe("people of several tenants", () => {
  let several: Upstream;
  beforeAll(() => {
    several = upstreamAt(driving.entra.url, [FERNHILL]);
  });
  afterEach(() => driving.entra.misissue());

  it("CAL-2 are asked to sign in with any organization, and only where others are listed", async () => {
    const pathOf = async (via: Upstream) => new URL((await via.startSignIn(scope, "s")).url).pathname;
    expect(await pathOf(several)).toBe("/organizations/oauth2/v2.0/authorize");
    expect(await pathOf(upstream)).toBe(`/${driving.tenant.tenantId}/oauth2/v2.0/authorize`);
    expect(await pathOf(upstreamAt(driving.entra.url, [driving.tenant.tenantId]))).toBe(
      `/${driving.tenant.tenantId}/oauth2/v2.0/authorize`,
    );
  });

  it("CAL-2 get in with the home tenant's and with a listed tenant's account, each as who they are there", async () => {
    const home = await signIn(mira, {}, several);
    expect(home.user).toEqual({ objectId: mira.oid, tenantId: driving.tenant.tenantId });
    const { user, memberships, tokens } = await signIn(nils, {}, several);
    expect(user).toEqual({ objectId: nils.oid, tenantId: FERNHILL });
    expect(memberships.get(scope)?.roles).toEqual(["Mcp.User"]);
    expect(tokens.tenantId).toBe(FERNHILL);
  });

  it("CAL-2 TOK-6 keep to their own tenant: the kept token serves, and its authority renews it", async () => {
    const { tokens } = await signIn(nils, {}, several);
    const asked = driving.entra.requests.token;
    const kept = await several.accessToken(tokens, scope);
    expect(driving.entra.requests.token).toBe(asked);
    const fresh = await several.accessToken(tokens, scope, {});
    expect(fresh.token).not.toBe(kept.token);
    for (const { token } of [kept, fresh]) {
      expect(decodeJwt(token)).toMatchObject({
        iss: `${driving.entra.url}/${FERNHILL}/v2.0`,
        tid: FERNHILL,
        oid: nils.oid,
      });
    }
    expect(fresh.renewed?.tenantId).toBe(FERNHILL);
    const again = await several.accessToken(fresh.renewed ?? tokens, scope);
    expect(again.token).toBe(fresh.token);
  });

  it("CAL-2 get the tokens of several MCP servers from their own tenant", async () => {
    const { code, request } = await approach(nils, {}, several);
    const { tokens } = await several.finishSignIn(code, [scope, notesScope], request);
    for (const each of [scope, notesScope]) {
      expect(decodeJwt((await several.accessToken(tokens, each)).token)["tid"]).toBe(FERNHILL);
    }
  });

  it("CAL-2 are refused from a tenant that is not on the list, by name", async () => {
    const failure = await failureOf(signIn(sana, {}, several));
    expect(failure).toBeInstanceOf(TenantRefusedError);
    expect(failure).toMatchObject({ kind: "refused", tenantId: STONEGATE });
    expect(failure.message).toBe("entra_refused tenant_not_allowed");
  });

  it("CAL-2 get no token any more once their tenant is off the list, and Entra is not asked", async () => {
    const { tokens } = await signIn(nils, {}, several);
    const asked = driving.entra.requests.token;
    for (const renewal of [undefined, {}]) {
      expect(await failureOf(upstream.accessToken(tokens, scope, renewal))).toBeInstanceOf(
        TenantRefusedError,
      );
    }
    expect(driving.entra.requests.token).toBe(asked);
  });

  it("keep a session that began before there were several tenants: it is the home tenant's", async () => {
    const { tokens } = await signIn(mira);
    const { cache, account } = tokens;
    const { token } = await several.accessToken({ cache, account }, scope, {});
    expect(decodeJwt(token)["tid"]).toBe(driving.tenant.tenantId);
  });

  const issuerOf = (tenantId: string) => `${driving.entra.url}/${tenantId}/v2.0`;
  it.each<[string, () => Readonly<Record<string, unknown>>]>([
    ["a listed tenant's issuer, and the home tenant's ID", () => ({ iss: issuerOf(FERNHILL) })],
    ["the home tenant's issuer, and a listed tenant's ID", () => ({ tid: FERNHILL })],
    ["a listed tenant's issuer, and another's ID", () => ({ iss: issuerOf(FERNHILL), tid: STONEGATE })],
    ["a listed tenant's ID, and another's issuer", () => ({ iss: issuerOf(STONEGATE), tid: FERNHILL })],
    ["no ID", () => ({ tid: undefined })],
    ["a list of IDs", () => ({ tid: [FERNHILL] })],
    ["the issuer of any organization", () => ({ iss: issuerOf("organizations") })],
    ["the issuer with the blank in it", () => ({ iss: issuerOf("{tenantid}") })],
    ["an ID that fills the issuer in", () => ({ iss: issuerOf("{tenantid}"), tid: "{tenantid}" })],
    ["an ID that is a path", () => ({ iss: issuerOf(`${FERNHILL}/..`), tid: `${FERNHILL}/..` })],
    ["another host's issuer", () => ({ iss: `https://evil.example/${FERNHILL}/v2.0`, tid: FERNHILL })],
    ["an ID in another letter case", () => ({ iss: issuerOf(FERNHILL), tid: FERNHILL.toUpperCase() })],
    ["a listed tenant's v1.0 issuer", () => ({ iss: `${driving.entra.url}/${FERNHILL}/`, tid: FERNHILL })],
  ])("CAL-2 are refused with an id token that Entra signed with %s", async (_, claims) => {
    driving.entra.misissue(claims());
    const failure = await failureOf(signIn(mira, {}, several));
    expect(failure).toMatchObject({ name: "UpstreamError", kind: "refused" });
    expect(failure).not.toBeInstanceOf(TenantRefusedError);
  });

  it("CAL-2 are never told apart by a claim alone: an unlisted tenant's token is refused whoever signed it", async () => {
    driving.entra.misissue({ iss: issuerOf(STONEGATE), tid: STONEGATE });
    expect(await failureOf(signIn(mira, {}, several))).toBeInstanceOf(TenantRefusedError);
    expect(await failureOf(signIn(mira))).toMatchObject({ kind: "refused" });
  });
});

/** An Entra that answers as a test wants it. */
describe("an Entra that misbehaves", () => {
  type Claims = Readonly<Record<string, unknown>>;
  interface Answer {
    readonly status?: number;
    readonly type?: string;
    readonly body: unknown;
  }
  let server: Server;
  let key: SigningKey;
  let otherKey: SigningKey;
  let url: string;
  let issuer: string;
  let astray: Upstream;
  let answerToken: () => Answer | Promise<Answer>;
  let answerKeys: () => Answer;
  let bodies: string[];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const isToken = request.url?.includes("/oauth2/v2.0/token");
      if (isToken) bodies.push(Buffer.concat(chunks).toString());
      const { status = 200, type = "application/json", body } = isToken ? await answerToken() : answerKeys();
      const text = typeof body === "string" ? body : JSON.stringify(body);
      response.writeHead(status, { "content-type": type }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    issuer = `${url}/${driving.tenant.tenantId}/v2.0`;
    [key, otherKey] = await Promise.all([makeSigningKey(issuer), makeSigningKey(issuer)]);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    bodies = [];
    astray = upstreamAt(url);
    answerKeys = () => ({ body: key.jwks });
    answerToken = () => tokenAnswer();
  });
  afterEach(() => {
    for (const body of bodies) expect(new URLSearchParams(body).has("resource")).toBe(false);
  });

  const now = () => Math.floor(Date.now() / 1000);
  const goodClaims = (): Claims => ({
    iss: issuer,
    aud: driving.tenant.signIn.clientId,
    tid: driving.tenant.tenantId,
    oid: mira.oid,
    sub: "sub",
    nonce: "nonce",
    iat: now(),
    exp: now() + 3600,
  });

  async function tokenAnswer(claims: Claims = {}, changes: Record<string, unknown> = {}, signer = key) {
    const id_token = await signer.sign({ ...goodClaims(), ...claims } as JWTPayload);
    const info = { uid: mira.oid, utid: driving.tenant.tenantId };
    return {
      body: {
        token_type: "Bearer",
        scope,
        expires_in: 3600,
        access_token: "an-opaque-access-token",
        refresh_token: "a-refresh-token",
        id_token,
        client_info: Buffer.from(JSON.stringify(info)).toString("base64url"),
        ...changes,
      },
    };
  }

  const finish = () => astray.finishSignIn("the-code", [scope], { verifier: "v".repeat(43), nonce: "nonce" });

  it("is believed while all is well, and an access token that is no JWT has no roles", async () => {
    const { user, memberships } = await finish();
    expect(user).toEqual({ objectId: mira.oid, tenantId: driving.tenant.tenantId });
    expect(memberships).toEqual(new Map([[scope, { roles: [], groups: [] }]]));
  });

  it.each<[string, unknown, string[]]>([
    ["a list", ["a", "b"], ["a", "b"]],
    ["a list with more than texts", ["a", 1, null, ["b"]], ["a"]],
    ["a text", "Mcp.User", []],
    ["an object", { 0: "Mcp.User" }, []],
  ])("takes roles from %s for what they are", async (_, roles, expected) => {
    const access_token = await key.sign({ roles });
    answerToken = () => tokenAnswer({}, { access_token });
    expect((await finish()).memberships.get(scope)?.roles).toEqual(expected);
  });

  const OTHER_TENANT = "00000000-1111-4222-8333-444444444444";
  it.each<[string, () => Claims]>([
    ["of another tenant", () => ({ iss: `${url}/${OTHER_TENANT}/v2.0`, tid: OTHER_TENANT })],
    ["of another issuer", () => ({ iss: "https://login.evil.example/v2.0" })],
    ["of version 1.0", () => ({ iss: `https://sts.windows.net/${driving.tenant.tenantId}/` })],
    ["for another application", () => ({ aud: driving.tenant.graphMcp.clientId })],
    ["that has ended", () => ({ exp: now() - 10 })],
    ["that never ends", () => ({ exp: undefined })],
    ["that has not begun", () => ({ nbf: now() + 600 })],
    ["without tenant", () => ({ tid: undefined })],
    ["without user", () => ({ oid: undefined })],
    ["with a list for a user", () => ({ oid: [mira.oid] })],
    ["for another nonce", () => ({ nonce: "another" })],
    ["without nonce", () => ({ nonce: undefined })],
  ])("CAL-2 refuses an id token %s", async (_, claims) => {
    answerToken = () => tokenAnswer(claims());
    expect(await failureOf(finish())).toMatchObject({ name: "UpstreamError", kind: "refused" });
  });

  it("CAL-2 refuses an id token that another key signed, or none", async () => {
    answerToken = () => tokenAnswer({}, {}, otherKey);
    expect(await failureOf(finish())).toMatchObject({ kind: "refused" });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const id_token = `${part({ alg: "none", typ: "JWT" })}.${part(goodClaims())}.`;
    answerToken = () => tokenAnswer({}, { id_token });
    expect(await failureOf(finish())).toMatchObject({ kind: "refused" });
    answerToken = () => tokenAnswer({}, { id_token: undefined });
    expect(await failureOf(finish())).toMatchObject({ kind: "refused" });
  });

  it.each<[string, () => Answer]>([
    ["fail", () => ({ status: 500, body: {} })],
    ["are no keys", () => ({ body: {} })],
    ["are no JSON", () => ({ type: "text/html", body: "<html>" })],
  ])("SES-4 is unavailable, not refusing, when its keys %s", async (_, keysAnswer) => {
    answerKeys = keysAnswer;
    expect(await failureOf(finish())).toMatchObject({
      kind: "unavailable",
      message: "entra_unavailable keys",
    });
  });

  const outages: readonly (readonly [string, Answer])[] = [
    [
      "500 with its own error",
      { status: 500, body: { error: "server_error", error_description: "AADSTS90033: x" } },
    ],
    ["503 with JSON that is no error", { status: 503, body: { message: "busy" } }],
    ["503 with null", { status: 503, body: "null" }],
    ["502 that looks like a verdict", { status: 502, body: { error: "invalid_grant" } }],
    ["503 with a page", { status: 503, type: "text/html", body: "<html>" }],
    ["429", { status: 429, body: { error: "temporarily_unavailable" } }],
    ["429 with JSON that is no error", { status: 429, body: {} }],
    ["200 with JSON that is no token", { body: {} }],
    ["403 with JSON that is no error", { status: 403, body: { message: "blocked" } }],
    ["200 with a page", { type: "text/html", body: "<html>" }],
    ["400 temporarily_unavailable", { status: 400, body: { error: "temporarily_unavailable" } }],
    [
      "our own identity turned down",
      {
        status: 401,
        body: { error: "invalid_client", error_description: "AADSTS700213: No matching credential" },
      },
    ],
    ["our own application unknown", { status: 400, body: { error: "unauthorized_client" } }],
  ];

  it.each(outages)("SES-4 is unavailable at sign-in on %s", async (_, answer) => {
    answerToken = () => answer;
    expect(await failureOf(finish())).toMatchObject({ name: "UpstreamError", kind: "unavailable" });
  });

  it.each(outages)(
    "TOK-6 SES-4 is unavailable, and ends no session, when a token is renewed: %s",
    async (_, answer) => {
      const { tokens } = await finish();
      answerToken = () => answer;
      const renewing = astray.accessToken(withTimes(tokens, { expires_on: -10 }), scope);
      expect(await failureOf(renewing)).toMatchObject({ name: "UpstreamError", kind: "unavailable" });
    },
  );

  it.each([
    ["invalid_grant", { error: "invalid_grant", error_description: "AADSTS70008: expired" }, "AADSTS70008"],
    ["interaction_required", { error: "interaction_required", claims: "{}" }, "interaction_required"],
    ["consent_required", { error: "invalid_grant", suberror: "consent_required" }, ""],
  ])("TOK-6 refuses on %s", async (_, body, code) => {
    const { tokens } = await finish();
    answerToken = () => ({ status: 400, body });
    const renewing = astray.accessToken(withTimes(tokens, { expires_on: -10 }), scope);
    expect(await failureOf(renewing)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining(code),
    });
  });

  it("says nothing in its errors but codes: no code, verifier or assertion, nor Entra's own text", async () => {
    const echo = () => new URLSearchParams(bodies.at(-1) ?? "").get("client_assertion") ?? "";
    answerToken = () => ({
      status: 400,
      body: {
        error: "invalid_grant",
        error_description: `AADSTS70008: the-code ${"v".repeat(43)} ${echo()}`,
      },
    });
    const failure = await failureOf(finish());
    expect(echo()).toContain(".");
    expect(failure.message).toBe("entra_refused AADSTS70008");
    expect(failure.cause).toBeUndefined();
    expect(JSON.stringify(failure)).not.toContain("the-code");
  });

  it("SES-4 turns callers away once Entra has failed for long enough, but not those whose kept token is good", async () => {
    const clock = makeClock();
    const gate = circuit({ part: "entra", now: clock.now, log: () => undefined });
    const gated = upstreamAt(url, [], gate);
    const { tokens } = await finish();
    const renew = () => gated.accessToken(withTimes(tokens, { expires_on: -10 }), scope);
    answerToken = () => ({ status: 503, body: {} });
    for (let i = 0; i < 5; i++) await failureOf(renew());
    expect(gate.state).toBe("open");
    const asked = bodies.length;
    clock.advance(1);
    expect(await failureOf(renew())).toMatchObject({
      name: "UpstreamError",
      kind: "unavailable",
      message: "entra_unavailable circuit_open",
      retryAfter: 4,
    });
    expect(bodies).toHaveLength(asked);
    await expect(gated.accessToken(tokens, scope)).resolves.toBeDefined();
    clock.advance(5);
    answerToken = () => ({ status: 400, body: { error: "invalid_grant" } });
    expect(await failureOf(renew())).toMatchObject({ kind: "refused" });
    expect(gate.state).toBe("closed");
  });

  it.each([
    ["refuses", { status: 400, body: { error: "invalid_grant" } }],
    ["throttles", { status: 429, body: { error: "temporarily_unavailable" } }],
    ["turns our own identity down", { status: 401, body: { error: "invalid_client" } }],
  ])("SES-4 turns nobody away because Entra %s: that is an answer", async (_, answer) => {
    const gate = makeCircuit("entra");
    const gated = upstreamAt(url, [], gate);
    const { tokens } = await finish();
    answerToken = () => answer;
    for (let i = 0; i < 8; i++) {
      await failureOf(gated.accessToken(withTimes(tokens, { expires_on: -10 }), scope));
    }
    expect(gate.state).toBe("closed");
  });

  it("SES-4 waits no longer than the request has time", async () => {
    const { tokens } = await finish();
    const waits = vi.spyOn(AbortSignal, "timeout");
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const late = inTime(async () => {
        vi.advanceTimersByTime(REQUEST_MILLISECONDS);
        await astray.accessToken(withTimes(tokens, { expires_on: -10 }), scope);
        return new Response();
      });
      await late(new Request("https://as.example/"), makeCall());
      expect(new Set(waits.mock.calls.flat())).toEqual(new Set([1_000]));
    } finally {
      vi.useRealTimers();
      waits.mockRestore();
    }
  });

  it("SES-4 is unavailable when nobody answers at all", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const nowhere = upstreamAt(`http://127.0.0.1:${port}`);
    const finishing = nowhere.finishSignIn("code", [scope], { verifier: "v".repeat(43), nonce: "nonce" });
    expect(await failureOf(finishing)).toMatchObject({
      kind: "unavailable",
      message: "entra_unavailable network_error",
    });
  });
});
