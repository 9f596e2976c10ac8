import { beforeAll, describe, expect, it } from "vitest";
import { endpoints } from "../../endpoints.ts";
import { parseCode, parseRefreshToken } from "../../sessions/handles.ts";
import { formRequest, makeCall } from "../../testing/calls.ts";
import { makeDependencies } from "../../testing/dependencies.ts";
import {
  BOTH_SERVERS,
  begin,
  claimsOf,
  GRANT,
  type Instance,
  REDIRECT_URI,
  signIn,
  useSessions,
  VERIFIER,
} from "../../testing/sessions.ts";

const ENDED = "x-gateway-ended-session";

const sessions = useSessions();
let instance: Instance;
beforeAll(async () => {
  instance = sessions.instance();
});
async function post(form: Readonly<Record<string, string>>) {
  const call = makeCall();
  const response = await endpoints(makeDependencies(sessions)).token(formRequest("/token", form), call);
  const body = (await response.json()) as Readonly<Record<string, string>>;
  return { status: response.status, headers: response.headers, body, lines: call.lines };
}

const without = (form: Readonly<Record<string, string>>, name: string) =>
  Object.fromEntries(Object.entries(form).filter(([each]) => each !== name));

/** A code's redemption. @param clientId whose code it is */
async function redemption(clientId = "inspector") {
  const { code } = await begin(instance, { client: { ...GRANT.client, id: clientId } });
  return {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  };
}

async function refreshing() {
  const { refreshToken } = await signIn(instance, { client: { ...GRANT.client, id: "inspector" } });
  return { grant_type: "refresh_token", client_id: "inspector", refresh_token: refreshToken };
}

describe("POST /token from a client that nobody knows", () => {
  it.each([
    ["code", redemption],
    ["refresh token", refreshing],
  ])("CLI-7 tells it so, also when it presents another client's live %s", async (_, makeForm) => {
    const form = await makeForm();
    const answer = await post({ ...form, client_id: "u".repeat(22) });
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    expect(await post({ ...form, client_id: "client" })).toMatchObject({ body: { error: "invalid_grant" } });
    expect((await post(form)).status).toBe(200);
  });
});

describe("POST /token with a code", () => {
  it("TOK-1 TOK-2 answers in the words of RFC 6749 §5.1, to no cache", async () => {
    const { status, headers, body } = await post(await redemption());
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("pragma")).toBe("no-cache");
    expect(headers.get("content-type")).toContain("application/json");
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: "Bearer",
      expires_in: 3600,
      scope: "mcp.tools mcp.admin",
      refresh_token: expect.stringMatching(/^rt\./),
    });
  });

  it.each(["client_id", "code", "code_verifier"])("names %s when it is missing", async (name) => {
    const form = await redemption();
    expect(await post(without(form, name))).toMatchObject({
      status: 400,
      body: { error: "invalid_request", error_description: `${name} is missing.` },
    });
    expect(await post(form)).toMatchObject({ status: 200 });
  });

  it("TOK-3 wants the redirect URI that the authorization request named, and none where it named none", async () => {
    const bound = await redemption();
    expect(await post(without(bound, "redirect_uri"))).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
    expect(await post(bound)).toMatchObject({ status: 200 });

    const { code } = await begin(instance, {
      client: { ...GRANT.client, id: "inspector" },
      boundRedirectUri: undefined,
    });
    const free = { ...bound, code };
    expect(await post(free)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(await post(without(free, "redirect_uri"))).toMatchObject({ status: 200 });
  });

  it("TOK-3 answers a wrong redirect URI, a wrong verifier and a wrong code alike", async () => {
    const form = await redemption();
    const wrong = [
      { ...form, redirect_uri: "https://evil.example/" },
      { ...form, code_verifier: "x".repeat(43) },
      { ...form, code: `${form.code.slice(0, -3)}AAA` },
    ];
    const answers = await Promise.all(wrong.map(post));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  it("AUT-3 takes the resource that the code was issued for, however it is spelled, and no other", async () => {
    const form = await redemption();
    const target = (resource: string) => post({ ...form, resource });
    expect(await target("https://evil.example/mcp")).toMatchObject({ body: { error: "invalid_target" } });
    expect(await target("https://gw.example/notes/mcp")).toMatchObject({ body: { error: "invalid_target" } });
    const { body } = await target("HTTPS://GW.example/mcp/");
    expect(claimsOf({ accessToken: body["access_token"] ?? "" }).aud).toBe("https://gw.example/mcp");
  });

  it("TOK-4 tells the gateway of the session that ends when a code is used again, and of none otherwise", async () => {
    const form = await redemption();
    const { session = "" } = parseCode(form.code) ?? {};
    const wrong = await post({ ...form, code_verifier: "x".repeat(43) });
    const first = await post(form);
    const thief = await post({ ...form, client_id: "thief" });
    for (const { headers } of [wrong, first, thief]) expect(headers.has(ENDED)).toBe(false);
    const second = await post(form);
    expect(second).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(second.headers.get(ENDED)).toBe(session);
  });

  it("CLI-7 tells an unknown client to register again", async () => {
    const code = "ac.x.y.z";
    expect(await post({ ...(await redemption()), client_id: "unknown", code })).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
    expect(await post({ ...(await redemption()), code })).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
  });
});

describe("POST /token with a refresh token", () => {
  it("TOK-5 rotates", async () => {
    const form = await refreshing();
    const { status, body, lines } = await post(form);
    expect(status).toBe(200);
    expect(body["refresh_token"]).not.toBe(form.refresh_token);
    expect(lines).toMatchObject([{ event: "refreshed", fields: { client: "inspector" } }]);
    expect((await post(form)).lines).toMatchObject([{ event: "replayed" }]);
  });

  it("TOK-5 tells the gateway of the session that ends when a refresh token is used again", async () => {
    const form = await refreshing();
    const { session = "" } = parseRefreshToken(form.refresh_token) ?? {};
    const first = await post(form);
    const replayed = await post(form);
    for (const { headers } of [first, replayed]) expect(headers.has(ENDED)).toBe(false);
    sessions.clock.advance(60);
    const reused = await post(form);
    expect(reused).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(reused.headers.get(ENDED)).toBe(session);
  });

  it("TOK-6 AUT-3 gives a token for the server of the resource that is named, and for no server that is not", async () => {
    const client = { ...GRANT.client, id: "inspector" };
    const { refreshToken } = await signIn(instance, { ...BOTH_SERVERS, client });
    const form = { grant_type: "refresh_token", client_id: "inspector", refresh_token: refreshToken };
    for (const resource of ["https://gw.example/notes/mcp", "https://gw.example/mcp"]) {
      const { body } = await post({ ...form, resource });
      expect(claimsOf({ accessToken: body["access_token"] ?? "" }).aud).toBe(resource);
    }
    expect(await post({ ...form, resource: "https://gw.example/other" })).toMatchObject({
      status: 400,
      body: { error: "invalid_target" },
    });
  });

  it("TOK-6 narrows to the scopes asked for, each once", async () => {
    const { body } = await post({ ...(await refreshing()), scope: "mcp.tools  mcp.tools" });
    expect(body["scope"]).toBe("mcp.tools");
  });

  it.each(["client_id", "refresh_token"])("names %s when it is missing", async (name) => {
    expect(await post(without(await refreshing(), name))).toMatchObject({
      status: 400,
      body: { error: "invalid_request", error_description: `${name} is missing.` },
    });
  });

  it("CLI-7 tells an unknown client to register again", async () => {
    const refresh_token = "rt.x";
    expect(await post({ ...(await refreshing()), client_id: "unknown", refresh_token })).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
    expect(await post({ ...(await refreshing()), refresh_token })).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
  });

  it("CLI-8 counts as a use of the registration, once a day, and CLI-7 is refused when that is gone", async () => {
    const { clients } = sessions.store.open();
    const id = "registered-client-0001";
    const metadata = {
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    } as const;
    const now = sessions.clock.now();
    await clients.create({ id, metadata, createdAt: now, lastUsedAt: now, ttl: 90 * 86_400 });
    const { refreshToken } = await signIn(instance, { client: { ...GRANT.client, id } });
    const refresh = (refresh_token: string) =>
      post({ grant_type: "refresh_token", client_id: id, refresh_token });
    sessions.clock.advance(25 * 3600);
    sessions.store.operations();
    const first = await refresh(refreshToken);
    expect(first.status).toBe(200);
    expect((await clients.read(id, id))?.document.lastUsedAt).toBe(sessions.clock.now());
    sessions.store.operations();
    const second = await refresh(first.body["refresh_token"] ?? "");
    expect(second.status).toBe(200);
    expect(sessions.store.operations()).toEqual({
      "clients read": 1,
      "sessions read": 1,
      "sessions replace": 1,
    });
    await clients.remove(id, id);
    const latest = second.body["refresh_token"] ?? "";
    expect(await refresh(latest)).toMatchObject({ status: 401, body: { error: "invalid_client" } });
  });

  it("says how long the access token of a replayed answer still lives, and never less than nothing", async () => {
    const form = await refreshing();
    await post(form);
    sessions.clock.advance(30);
    expect((await post(form)).body["expires_in"]).toBe(3570);
  });
});

describe("POST /token", () => {
  it.each([
    "password",
    "client_credentials",
    "implicit",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "__proto__",
  ])("refuses grant type %s", async (grant_type) => {
    expect(await post({ ...(await redemption()), grant_type })).toMatchObject({
      status: 400,
      body: { error: "unsupported_grant_type" },
    });
  });

  it("names a missing grant type", async () => {
    expect(await post({})).toMatchObject({ body: { error_description: "grant_type is missing." } });
  });

  it("TOK-9 takes no token of one kind for another", async () => {
    const [code, refresh] = [await redemption(), await refreshing()];
    const mixed = [
      { ...code, code: refresh.refresh_token },
      { ...refresh, refresh_token: code.code },
    ];
    for (const form of mixed) expect(await post(form)).toMatchObject({ body: { error: "invalid_grant" } });
  });

  it("logs no code, token or verifier, whether it works or not", async () => {
    const [code, refresh] = [await redemption(), await refreshing()];
    const answers = [
      await post({ ...code, code_verifier: "wrong-verifier" }),
      await post(code),
      await post(code),
      await post(refresh),
      await post({ ...refresh, client_id: "thief" }),
    ];
    const text = JSON.stringify(answers.map(({ lines }) => lines));
    const given = answers.flatMap(({ body }) => [body["access_token"], body["refresh_token"]]);
    for (const secret of [code.code, VERIFIER, "wrong-verifier", refresh.refresh_token, ...given]) {
      if (secret) expect(text).not.toContain(secret);
    }
  });
});
