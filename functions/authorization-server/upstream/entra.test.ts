import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FIELD_STAFF } from "../../../twin/entra/demo-tenant.ts";
import { type DrivenEntra, driveEntra, withTimes } from "../testing/driven-entra.ts";
import { failureOf } from "../testing/failure.ts";
import { SignInTooOldError, UpstreamError } from "./errors.ts";
import type { SignInWishes } from "./upstream.ts";

let entra: DrivenEntra;
let driving: DrivenEntra["driving"];
let upstream: DrivenEntra["upstream"];
let scope: DrivenEntra["scope"];
let notesScope: DrivenEntra["notesScope"];
let mira: DrivenEntra["mira"];
let tess: DrivenEntra["tess"];
let approach: DrivenEntra["approach"];
let signIn: DrivenEntra["signIn"];
beforeAll(async () => {
  entra = await driveEntra();
  ({ driving, upstream, scope, notesScope, mira, tess, approach, signIn } = entra);
});
afterAll(() => entra.stop());

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
      response_mode: "form_post",
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

  it("CAL-2 CON-7 gives the URL of one that is under way again, to the letter", async () => {
    const wishes: SignInWishes = { prompt: "login", maxAge: 60, loginHint: "mira@example" };
    const started = await upstream.startSignIn(scope, "s", wishes);
    expect(await upstream.startSignIn(scope, "s", wishes, started.request)).toEqual(started);
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
