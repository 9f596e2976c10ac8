import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseCode } from "../sessions/handles.ts";
import { StoreError } from "../store/store.ts";
import { makeCall, withCookies } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { GRANT, REDIRECT_URI, type Sessions, startSessions } from "../testing/sessions.ts";
import { TestUpstream } from "../testing/upstream.ts";
import { SignInTooOldError, TenantRefusedError, UpstreamError } from "../upstream/errors.ts";
import type { Dependencies } from "./dependencies.ts";
import { endpoints } from "./endpoints.ts";

/** The endpoints that a person's browser walks through, with Entra's side played by the test. */
const ISSUER = "https://gw.example";
const SAME_ORIGIN = { origin: ISSUER, "sec-fetch-site": "same-origin" };

let sessions: Sessions;
let dependencies: Dependencies;
let clientId: string;
beforeAll(async () => {
  sessions = await startSessions();
});
afterAll(() => sessions.stop());
beforeEach(async () => {
  dependencies = makeDependencies(sessions);
  Object.assign(sessions.upstream, new TestUpstream(sessions.clock.now));
  clientId =
    (await register({ redirect_uris: [REDIRECT_URI], client_name: "Client" })).body["client_id"] ?? "";
  sessions.store.operations();
});

async function register(body: object) {
  const request = new Request(`${ISSUER}/register`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  const response = await endpoints(dependencies).register(request, makeCall());
  const answer = (await response.json()) as Readonly<Record<string, string>>;
  return { status: response.status, noStore: response.headers.get("cache-control"), body: answer };
}

/** A browser, with its cookies. */
class Browser {
  cookies: string[] = [];
  readonly lines: unknown[] = [];

  async send(name: "authorize" | "consent" | "callback", path: string, init: RequestInit = {}) {
    const headers = new Headers(init.headers);
    const cookie = withCookies(this.cookies).headers.get("cookie");
    if (cookie) headers.set("cookie", cookie);
    const call = makeCall();
    const request = new Request(`${ISSUER}${path}`, { ...init, headers });
    const response = await endpoints(dependencies)[name](request, call);
    this.cookies.push(...response.headers.getSetCookie());
    this.lines.push(...call.lines);
    const location = response.headers.get("location");
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: location === null ? undefined : new URL(location),
    };
  }

  authorize(
    changes: Readonly<Record<string, string | undefined>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    const good: Record<string, string | undefined> = {
      response_type: "code",
      client_id: clientId,
      redirect_uri: REDIRECT_URI,
      code_challenge: GRANT.challenge,
      code_challenge_method: "S256",
      state: "s",
      ...changes,
    };
    const query = new URLSearchParams(
      Object.entries(good).filter((each): each is [string, string] => each[1] !== undefined),
    );
    return this.send("authorize", `/authorize?${query}`, { headers });
  }

  /** Decides on a consent page that it was shown. */
  decide(
    page: string,
    decision: string,
    headers: Readonly<Record<string, string>> = SAME_ORIGIN,
    more: Readonly<Record<string, string>> = {},
  ) {
    const transaction = /name="transaction" value="([^"]+)"/.exec(page)?.[1] ?? "";
    return this.send("consent", "/consent", {
      method: "POST",
      body: new URLSearchParams({ transaction, decision, ...more }),
      headers,
    });
  }

  /** Goes through consent, up to Entra. Gives Entra's state. */
  async approve(changes?: Readonly<Record<string, string>>): Promise<string> {
    const { text } = await this.authorize(changes);
    const { location } = await this.decide(text, "allow");
    return location?.searchParams.get("state") ?? "";
  }

  comeBack(query: Readonly<Record<string, string>>) {
    return this.send("callback", `/callback?${new URLSearchParams(query)}`);
  }
}

const sessionsStored = async () =>
  (await sessions.store.documents()).filter(({ container }) => container === "sessions").length;

describe("POST /register", () => {
  it("CLI-1 answers 201 with all that was kept, and no secret, to no cache", async () => {
    const { status, noStore, body } = await register({
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: "client_secret_post",
    });
    expect(status).toBe(201);
    expect(noStore).toBe("no-store");
    expect(body).toEqual({
      client_id: expect.stringMatching(/^[\w-]{22}$/),
      client_id_issued_at: sessions.clock.now(),
      registration_access_token: expect.stringMatching(/^[\w-]{43}$/),
      registration_client_uri: expect.stringMatching(/^https:\/\/gw\.example\/register\/[\w-]{22}$/),
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    });
  });

  it("CLI-1 answers what it cannot use with the member's name, and stores nothing", async () => {
    expect(await register({})).toMatchObject({
      status: 400,
      body: { error: "invalid_redirect_uri", error_description: "redirect_uris is missing." },
    });
    expect(sessions.store.operations()).toEqual({});
  });
});

describe("GET /authorize", () => {
  it("CON-1 shows the consent page by one point read, and no more", async () => {
    const { status, headers, text } = await new Browser().authorize();
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).not.toContain("form-action");
    expect(text).toContain("Client");
    expect(sessions.store.operations()).toEqual({ "clients read": 1 });
  });

  it.each([
    { client_id: undefined },
    { client_id: "x".repeat(22) },
    { redirect_uri: "https://evil.example/cb" },
    { redirect_uri: `${REDIRECT_URI}/../x` },
  ])("AUT-2 CLI-7 shows a page and goes nowhere: %j", async (changes) => {
    const { status, location, text } = await new Browser().authorize(changes);
    expect(status).toBe(400);
    expect(location).toBeUndefined();
    expect(text).toContain("correlation-1");
  });

  it.each([
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ code_challenge: undefined }, "invalid_request"],
    [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ prompt: "none" }, "consent_required"],
    [{ prompt: "none login" }, "invalid_request"],
    [{ max_age: "-1" }, "invalid_request"],
    [{ login_hint: "a\nb" }, "invalid_request"],
    [{ resource: "https://evil.example/mcp" }, "invalid_target"],
    [{ scope: "made.up" }, "invalid_scope"],
    [{ state: "s".repeat(2400) }, "invalid_request"],
  ])("AUT-2 tells the client, with state and iss: %j", async (changes, error) => {
    const { status, location, headers } = await new Browser().authorize(changes);
    expect(status).toBe(303);
    expect(`${location?.origin}${location?.pathname}`).toBe(REDIRECT_URI);
    expect(location?.searchParams.get("error")).toBe(error);
    expect(location?.searchParams.get("iss")).toBe(ISSUER);
    expect(location?.searchParams.get("state")).toMatch(/^s+$/);
    expect(headers.getSetCookie()).toEqual([]);
  });

  it("AUT-1 tells the client of a repeated parameter, and echoes no repeated state", async () => {
    const query = new URLSearchParams({ client_id: clientId, redirect_uri: REDIRECT_URI, scope: "a" });
    const path = `/authorize?${query}&state=1&state=2&scope=b`;
    const { location } = await new Browser().send("authorize", path);
    expect(location?.searchParams.get("error")).toBe("invalid_request");
    expect(location?.searchParams.has("state")).toBe(false);
  });

  it("SES-4 shows a page when the store is out", async () => {
    const outage = new StoreError("unavailable", { cause: new Error("x") });
    dependencies = {
      ...dependencies,
      clients: { ...dependencies.clients, find: () => Promise.reject(outage) },
    };
    const { status, location } = await new Browser().authorize();
    expect([status, location]).toEqual([503, undefined]);
  });
});

describe("POST /consent", () => {
  it("CON-1 leads on to Entra when the person allows it, without the store", async () => {
    const browser = new Browser();
    const { text } = await browser.authorize();
    sessions.store.operations();
    const { status, location } = await browser.decide(text, "allow");
    expect(status).toBe(303);
    expect(location?.origin).toBe("https://login.example");
    expect(sessions.store.operations()).toEqual({});
  });

  it("CON-5 brings access_denied to the client when the person denies it", async () => {
    const browser = new Browser();
    const { text } = await browser.authorize({ state: "a+/=" });
    const { location } = await browser.decide(text, "deny");
    expect(location?.href).toContain("error=access_denied");
    expect(location?.href).toMatch(/&state=a%2B%2F%3D$/);
    expect(location?.searchParams.get("iss")).toBe(ISSUER);
  });

  it.each<[string, Record<string, string>]>([
    ["no origin", { "sec-fetch-site": "same-origin" }],
    ["another origin", { ...SAME_ORIGIN, origin: "https://evil.example" }],
    ["an origin of null", { ...SAME_ORIGIN, origin: "null" }],
    ["another port", { ...SAME_ORIGIN, origin: `${ISSUER}:8443` }],
    ["no fetch site", { origin: ISSUER }],
    ["a cross-site form", { ...SAME_ORIGIN, "sec-fetch-site": "cross-site" }],
    ["a form of a sibling domain", { ...SAME_ORIGIN, "sec-fetch-site": "same-site" }],
    ["an address bar", { ...SAME_ORIGIN, "sec-fetch-site": "none" }],
  ])("CON-3 refuses a form with %s", async (_, headers) => {
    const browser = new Browser();
    const { text } = await browser.authorize();
    const { status, location } = await browser.decide(text, "allow", headers);
    expect([status, location]).toEqual([403, undefined]);
  });

  it("CON-3 refuses a form in another browser, and one that is too old", async () => {
    const browser = new Browser();
    const { text } = await browser.authorize();
    expect((await new Browser().decide(text, "allow")).status).toBe(400);
    sessions.clock.advance(600);
    expect((await browser.decide(text, "allow")).status).toBe(400);
  });

  it.each(["", "maybe", "ALLOW"])("refuses the decision %j", async (decision) => {
    const browser = new Browser();
    const { text } = await browser.authorize();
    const { status, location } = await browser.decide(text, decision);
    expect([status, location]).toEqual([400, undefined]);
  });
});

describe("a remembered decision", () => {
  const THEMSELVES = { "sec-fetch-site": "none" };
  const WEB = "https://client.example/callback";
  const PROGRAM = { client_id: "client", redirect_uri: "http://localhost:6274/callback" };
  beforeEach(async () => {
    dependencies = makeDependencies(
      sessions,
      {},
      { consent: { remember: { approvals: 86_400, denials: 3600 } } },
    );
    clientId = (await register({ redirect_uris: [WEB], client_name: "Client" })).body["client_id"] ?? "";
    sessions.store.operations();
  });
  const open = (
    browser: Browser,
    changes: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = THEMSELVES,
  ) => browser.authorize({ redirect_uri: WEB, ...changes }, headers);
  /** Decides, with the box ticked. */
  async function remember(browser: Browser, decision: string) {
    const { text } = await open(browser);
    return browser.decide(text, decision, SAME_ORIGIN, { remember: "yes" });
  }

  it("CON-5 CON-1 CAL-1 leads on through Entra, back by the cookie that follows an approval, and works on", async () => {
    const browser = new Browser();
    await remember(browser, "allow");
    for (const turn of ["first", "second"]) {
      sessions.store.operations();
      const { status, location, headers } = await open(browser, { state: turn });
      expect(status).toBe(303);
      expect(location?.origin).toBe("https://login.example");
      expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-sign-in-/)]);
      expect(sessions.store.operations()).toEqual({ "clients read": 1 });
      const back = await browser.comeBack({
        code: "entra-code",
        state: location?.searchParams.get("state") ?? "",
      });
      expect(back.location?.searchParams.get("state")).toBe(turn);
      expect(back.location?.searchParams.has("code")).toBe(true);
    }
    expect(browser.lines).toContainEqual(
      expect.objectContaining({
        event: "decision_remembered",
        fields: expect.objectContaining({ decision: "allow" }),
      }),
    );
  });

  it("CON-5 asks all the same in another browser, from another site, and when the client wants it", async () => {
    const browser = new Browser();
    await remember(browser, "allow");
    for (const { status, text } of [
      await open(new Browser()),
      await open(browser, {}, { "sec-fetch-site": "cross-site" }),
      await open(browser, {}, {}),
      await open(browser, { prompt: "consent" }),
    ]) {
      expect(status).toBe(200);
      expect(text).toContain('value="allow"');
    }
  });

  it("CON-5 that was a denial is a page that sends nothing by itself, and asks anew", async () => {
    const browser = new Browser();
    await remember(browser, "deny");
    const { status, location, text } = await open(browser, { state: "a+/=" });
    expect([status, location]).toEqual([403, undefined]);
    expect(text).toContain("You denied this earlier");
    expect(text).toMatch(/href="https:[^"]+error=access_denied[^"]+state=a%2B%2F%3D"/);
    const again =
      /href="(\/authorize[^"]+&amp;prompt=consent)"/.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const asked = await browser.send("authorize", again, { headers: { "sec-fetch-site": "same-origin" } });
    expect(asked.text).toContain('value="allow"');
    await browser.decide(asked.text, "allow");
    expect((await open(browser)).text).toContain('value="allow"');
  });

  it("CON-5 is offered only where it would be remembered, and for how long", async () => {
    const browser = new Browser();
    const offer = (text: string) => /<input type="checkbox"[^>]*><span>([^<]*)/.exec(text)?.[1];
    expect(offer((await open(browser)).text)).toBe(
      "Remember my answer in this browser (for 1 day if I allow this, for 1 hour if I deny it)",
    );
    expect(offer((await open(browser, PROGRAM)).text)).toBe(
      "If I deny this, do not ask again in this browser for 1 hour",
    );
    expect(offer((await open(browser, {}, { "sec-fetch-site": "cross-site" })).text)).toBeUndefined();
    dependencies = makeDependencies(sessions, {}, { consent: { remember: { approvals: 2 * 86_400 } } });
    expect(offer((await open(browser)).text)).toBe(
      "If I allow this, do not ask again in this browser for 2 days",
    );
    expect(offer((await open(browser, PROGRAM)).text)).toBeUndefined();
    dependencies = makeDependencies(sessions);
    expect(offer((await open(browser)).text)).toBeUndefined();
  });

  it("CON-5 ends with the registration that it was for", async () => {
    const browser = new Browser();
    await remember(browser, "allow");
    const renamed = async () => {
      const found = await makeDependencies(sessions).clients.find(clientId);
      return found && { ...found, name: "Bank" };
    };
    dependencies = { ...dependencies, clients: { ...dependencies.clients, find: renamed } };
    const { status, text } = await open(browser);
    expect(status).toBe(200);
    expect(text).toContain("“<bdi>Bank</bdi>”");
  });
});

describe("GET /callback", () => {
  it("CAL-1 begins a session and brings the client its code, by one write", async () => {
    const browser = new Browser();
    const state = await browser.approve();
    sessions.store.operations();
    const { status, location } = await browser.comeBack({ code: "entra-code", state });
    expect(status).toBe(303);
    expect(parseCode(location?.searchParams.get("code") ?? "")).toBeDefined();
    expect(location?.searchParams.get("iss")).toBe(ISSUER);
    expect(location?.searchParams.get("state")).toBe("s");
    expect(sessions.store.operations()).toEqual({ "sessions create": 1 });
  });

  it("CAL-1 ends in a page, and stores nothing, in another browser, a second time, or under another state", async () => {
    const browser = new Browser();
    const state = await browser.approve();
    await browser.comeBack({ code: "entra-code", state });
    const before = await sessionsStored();
    const astray = [
      await browser.comeBack({ code: "entra-code", state }),
      await new Browser().comeBack({ code: "entra-code", state }),
      await browser.comeBack({ code: "entra-code", state: `${state}x` }),
      await browser.comeBack({ code: "entra-code" }),
      await browser.comeBack({}),
    ];
    for (const { status, location } of astray) expect([status, location]).toEqual([400, undefined]);
    expect(await sessionsStored()).toBe(before);
  });

  it("CON-4 completes two sign-ins of one browser, in any order", async () => {
    const browser = new Browser();
    const [one, two] = [await browser.approve({ state: "one" }), await browser.approve({ state: "two" })];
    for (const [state, expected] of [
      [two, "two"],
      [one, "one"],
    ] as const) {
      const { location } = await browser.comeBack({ code: "entra-code", state });
      expect(location?.searchParams.get("state")).toBe(expected);
      expect(location?.searchParams.has("code")).toBe(true);
    }
  });

  it("CAL-1 takes too long a sign-in for a refusal", async () => {
    const browser = new Browser();
    const state = await browser.approve();
    sessions.clock.advance(600);
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.searchParams.get("error")).toBe("access_denied");
    expect(sessions.upstream.asked).toEqual([]);
  });

  it.each([
    ["is longer than any", "c".repeat(4097)],
    ["has a line break", "entra\r\ncode"],
    ["has characters beyond ASCII", "entra-cöde"],
  ])("CAL-3 asks Entra about no code that %s", async (_, code) => {
    const browser = new Browser();
    const state = await browser.approve();
    sessions.upstream.finishSignIn = () => Promise.reject(new Error("asked"));
    const { location } = await browser.comeBack({ code, state });
    expect(location?.searchParams.get("error")).toBe("access_denied");
    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
  });

  it.each([
    ["access_denied", "access_denied"],
    ["server_error", "temporarily_unavailable"],
  ])("CAL-3 brings Entra's %s to the client", async (error, expected) => {
    const browser = new Browser();
    const state = await browser.approve();
    const { location } = await browser.comeBack({
      error,
      error_description: "AADSTS65004: cancelled",
      state,
    });
    expect(location?.searchParams.get("error")).toBe(expected);
    expect(location?.searchParams.get("state")).toBe("s");
    expect((await browser.comeBack({ code: "entra-code", state })).status).toBe(400);
  });

  it.each([
    ["refused", "access_denied"],
    ["unavailable", "temporarily_unavailable"],
  ] as const)("CAL-3 SES-4 tells the client when Entra is %s", async (kind, expected) => {
    const browser = new Browser();
    const state = await browser.approve();
    const before = await sessionsStored();
    sessions.upstream.finishSignIn = () => Promise.reject(new UpstreamError(kind, "AADSTS54005"));
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.searchParams.get("error")).toBe(expected);
    expect(await sessionsStored()).toBe(before);
    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
  });

  it("GW-9 sends the person to Entra once more when it wants claims, with a sign-in of its own, and stores nothing yet", async () => {
    const browser = new Browser();
    const state = await browser.approve();
    const before = await sessionsStored();
    const claims = '{"access_token":{"capolids":{"essential":true}}}';
    sessions.upstream.finishSignIn = () =>
      Promise.reject(new UpstreamError("refused", "AADSTS50076", claims));
    const again = await browser.comeBack({ code: "entra-code", state });
    expect(again.location?.origin).toBe("https://login.example");
    expect(again.location?.searchParams.get("claims")).toBe(claims);
    const next = again.location?.searchParams.get("state") ?? "";
    expect(next).not.toBe(state);
    expect(await sessionsStored()).toBe(before);

    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
    expect((await browser.comeBack({ code: "entra-code", state })).status).toBe(400);
    const { location } = await browser.comeBack({ code: "entra-code", state: next });
    expect(location?.searchParams.has("code")).toBe(true);
    expect(location?.searchParams.get("state")).toBe("s");
  });

  it("GW-9 sends nobody to Entra a third time, nor without claims", async () => {
    const browser = new Browser();
    const state = await browser.approve();
    const claims = '{"access_token":{"capolids":{"essential":true}}}';
    sessions.upstream.finishSignIn = () =>
      Promise.reject(new UpstreamError("refused", "AADSTS50076", claims));
    const { location } = await browser.comeBack({ code: "entra-code", state });
    const again = location?.searchParams.get("state") ?? "";
    const refused = await browser.comeBack({ code: "entra-code", state: again });
    expect(refused.location?.origin).toBe(new URL(REDIRECT_URI).origin);
    expect(refused.location?.searchParams.get("error")).toBe("access_denied");
    sessions.upstream.finishSignIn = () => Promise.reject(new UpstreamError("refused", "AADSTS50076"));
    const other = await browser.comeBack({ code: "entra-code", state: await browser.approve() });
    expect(other.location?.searchParams.get("error")).toBe("access_denied");
    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
  });

  it("tells a user without a role so, with a way back to the client, and stores nothing", async () => {
    const browser = new Browser();
    const state = await browser.approve();
    const before = await sessionsStored();
    sessions.upstream.rolesAt = () => ["Other.Role"];
    const { status, text, headers } = await browser.comeBack({ code: "entra-code", state });
    expect(status).toBe(403);
    expect(text).toContain("“Mcp.User” or “Mcp.Admin”");
    expect(text).toContain("error=access_denied&amp;");
    expect(headers.getSetCookie()[0]).toContain("Max-Age=0");
    expect(await sessionsStored()).toBe(before);
  });

  it("lets a member of a group use the server, tells anybody else which to ask for, and why it cannot tell", async () => {
    const group = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";
    const all = dependencies;
    const asking = (groups: string[]) =>
      all.gateway.servers.map((server) => ({
        ...server,
        groups,
        accessTitles: { [group]: "Field <staff>", "Mcp.User": "MCP users" },
      }));
    dependencies = { ...all, gateway: { ...all.gateway, servers: asking([group]) } };
    sessions.upstream.rolesAt = () => [];
    sessions.upstream.groupsAt = () => [group];
    const member = new Browser();
    const { location } = await member.comeBack({ code: "entra-code", state: await member.approve() });
    expect(location?.searchParams.has("code")).toBe(true);

    sessions.upstream.groupsAt = () => ["another"];
    const stranger = new Browser();
    const refused = await stranger.comeBack({ code: "entra-code", state: await stranger.approve() });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("none of the roles and groups");
    expect(refused.text).toContain(
      "assign you “MCP users” or “Mcp.Admin”, or to add you to “Field &lt;staff&gt;”, in Microsoft",
    );

    sessions.upstream.groupsAt = () => "overage";
    const busy = new Browser();
    const before = await sessionsStored();
    const unknown = await busy.comeBack({ code: "entra-code", state: await busy.approve() });
    expect(unknown.status).toBe(403);
    expect(unknown.text).toContain("in so many groups");
    expect(unknown.text).toContain("or to use app roles");
    expect(unknown.text).toContain("error=access_denied&amp;");
    expect(busy.lines).toContainEqual(
      expect.objectContaining({
        event: "refused",
        fields: expect.objectContaining({ reason: "groups_overage" }),
      }),
    );
    expect(await sessionsStored()).toBe(before);
    dependencies = all;
  });

  it("CAL-2 tells a person of a tenant that is not on the list so, with a way back to the client, and stores nothing", async () => {
    const browser = new Browser();
    const state = await browser.approve();
    const before = await sessionsStored();
    const tenant = "8b3d2e30-b5c7-4f20-8d60-74b8c3e9fb23";
    sessions.upstream.finishSignIn = () => Promise.reject(new TenantRefusedError(tenant));
    const { status, text, headers } = await browser.comeBack({ code: "entra-code", state });
    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
    expect(status).toBe(403);
    expect(text).toContain("Your organization has no access");
    expect(text).toContain("error=access_denied&amp;");
    expect(text).not.toContain(tenant);
    expect(headers.getSetCookie()[0]).toContain("Max-Age=0");
    expect(browser.lines).toContainEqual(
      expect.objectContaining({
        event: "refused",
        fields: expect.objectContaining({ reason: "tenant_not_allowed", tenant }),
      }),
    );
    expect(await sessionsStored()).toBe(before);
    expect((await browser.comeBack({ code: "entra-code", state })).status).toBe(400);
  });

  it("hands prompt, max_age and login_hint on after consent, and logs no hint", async () => {
    const browser = new Browser();
    const login_hint = "mira.okafor@brightwater.example";
    await browser.approve({ prompt: "consent select_account", max_age: "60", login_hint });
    expect(sessions.upstream.wishes.at(-1)).toEqual({
      prompt: "select_account",
      maxAge: 60,
      loginHint: login_hint,
    });
    expect(JSON.stringify(browser.lines)).not.toContain("okafor");
    expect(browser.cookies.join()).not.toContain("okafor");
    await new Browser().approve();
    expect(sessions.upstream.wishes.at(-1)).toEqual({});
  });

  it("sends a person whose sign-in is too old to sign in anew, once, and tells the client when that did not help", async () => {
    const browser = new Browser();
    const state = await browser.approve({ max_age: "60", prompt: "select_account", login_hint: "mira" });
    const before = await sessionsStored();
    sessions.upstream.finishSignIn = () => Promise.reject(new SignInTooOldError());
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.origin).toBe("https://login.example");
    expect(sessions.upstream.wishes.at(-1)).toEqual({ prompt: "login", maxAge: 60, loginHint: "mira" });
    const again = location?.searchParams.get("state") ?? "";
    const refused = await browser.comeBack({ code: "entra-code", state: again });
    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
    expect(refused.location?.searchParams.get("error")).toBe("login_required");
    expect(refused.location?.searchParams.get("state")).toBe("s");
    expect(await sessionsStored()).toBe(before);
  });

  it("GW-9 asks for claims and for a new sign-in, each once, whichever comes first", async () => {
    const claims = '{"access_token":{"capolids":{"essential":true}}}';
    const tooOld = new SignInTooOldError();
    const wanting = new UpstreamError("refused", "AADSTS50076", claims);
    for (const errors of [
      [tooOld, wanting],
      [wanting, tooOld],
    ]) {
      const browser = new Browser();
      let state = await browser.approve({ max_age: "60" });
      for (const error of errors) {
        sessions.upstream.finishSignIn = () => Promise.reject(error);
        const { location } = await browser.comeBack({ code: "entra-code", state });
        expect(location?.origin).toBe("https://login.example");
        state = location?.searchParams.get("state") ?? "";
      }
      for (const error of errors) {
        sessions.upstream.finishSignIn = () => Promise.reject(error);
        const other = new Browser();
        other.cookies.push(...browser.cookies);
        const { location } = await other.comeBack({ code: "entra-code", state });
        expect(location?.origin).toBe(new URL(REDIRECT_URI).origin);
      }
      sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
    }
  });

  it("lets every user use a server that asks for no role", async () => {
    sessions.upstream.rolesAt = () => [];
    const browser = new Browser();
    const state = await browser.approve({ resource: `${ISSUER}/notes/mcp` });
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.searchParams.has("code")).toBe(true);
  });

  it("CLI-8 notes the use of a registration, and signs in all the same when it cannot", async () => {
    sessions.clock.advance(24 * 3600);
    const browser = new Browser();
    const noted = await browser.approve();
    sessions.store.operations();
    await browser.comeBack({ code: "entra-code", state: noted });
    expect(sessions.store.operations()).toEqual({
      "sessions create": 1,
      "clients read": 1,
      "clients replace": 1,
    });
    sessions.clock.advance(24 * 3600);
    const state = await browser.approve();
    const outage = new StoreError("unavailable", { cause: new Error("x") });
    dependencies = {
      ...dependencies,
      clients: { ...dependencies.clients, noteUse: () => Promise.reject(outage) },
    };
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.searchParams.has("code")).toBe(true);
    expect(browser.lines).toContainEqual(expect.objectContaining({ event: "client_use_not_noted" }));
  });

  it("logs no code, verifier, cookie or state", async () => {
    const browser = new Browser();
    const state = await browser.approve();
    const { location } = await browser.comeBack({ code: "entra-code", state });
    const secrets = [
      "entra-code",
      "v".repeat(43),
      state,
      parseCode(location?.searchParams.get("code") ?? "")?.secret,
    ];
    const values = browser.cookies.map((cookie) => /=([^;]+)/.exec(cookie)?.[1] ?? "").filter(Boolean);
    const text = JSON.stringify(browser.lines);
    for (const secret of [...secrets, ...values]) expect(text).not.toContain(secret);
  });
});

describe("GET /health/live", () => {
  it("asks nobody", async () => {
    const request = new Request(`${ISSUER}/health/live`);
    const response = await endpoints(dependencies)["health-live"](request, makeCall());
    expect([response.status, await response.json()]).toEqual([200, { status: "live" }]);
    expect(sessions.store.operations()).toEqual({});
  });
});

describe("GET /health/ready", () => {
  it("asks the store for one document", async () => {
    const request = new Request(`${ISSUER}/health/ready`);
    const response = await endpoints(dependencies)["health-ready"](request, makeCall());
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: "ready", parts: { keys: "ok", store: "ok" }, circuits: {} },
    ]);
    expect(sessions.store.operations()).toEqual({ "sessions read": 1 });
  });
});

describe("one sign-in for several MCP servers", () => {
  const BOTH = [`${ISSUER}/notes/mcp`, `${ISSUER}/mcp`];

  /** A request that names its resources in this order. */
  function authorizeAt(browser: Browser, resources: readonly string[], scope: string) {
    const query = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: REDIRECT_URI,
      code_challenge: GRANT.challenge,
      code_challenge_method: "S256",
      scope,
    });
    for (const resource of resources) query.append("resource", resource);
    return browser.send("authorize", `/authorize?${query}`);
  }

  /** Goes through consent and Entra. */
  async function signInAt(resources: readonly string[]) {
    const browser = new Browser();
    const { text } = await authorizeAt(browser, resources, "notes.read mcp.tools");
    const { location } = await browser.decide(text, "allow");
    const state = location?.searchParams.get("state") ?? "";
    return { atEntra: location, answer: await browser.comeBack({ code: "entra-code", state }) };
  }

  it("CON-2 lists each server and what it is for, on one page", async () => {
    const { text } = await authorizeAt(new Browser(), BOTH, "notes.read notes.write mcp.tools");
    for (const fact of [
      "to use Notes and Microsoft Graph?",
      "<li>Notes: read your notes</li>",
      "<li>Notes: change your notes</li>",
      "<li>Microsoft Graph: use the tools</li>",
      `<dd>Notes<small>${ISSUER}/notes/mcp</small></dd>`,
      `<dd>Microsoft Graph<small>${ISSUER}/mcp</small></dd>`,
    ]) {
      expect(text).toContain(fact);
    }
    expect(text).not.toContain("change the tools");
  });

  it("CON-2 names no server before each permission where there is one", async () => {
    const { text } = await authorizeAt(new Browser(), [`${ISSUER}/notes/mcp`], "notes.read");
    expect(text).toContain("<li>read your notes</li>");
    expect(text).not.toContain("Microsoft Graph");
  });

  it("AUT-3 tells the client when one of them is none of ours", async () => {
    const { location } = await authorizeAt(
      new Browser(),
      [...BOTH, "https://evil.example/mcp"],
      "notes.read mcp.tools",
    );
    expect(location?.searchParams.get("error")).toBe("invalid_target");
  });

  it("AUT-4 asks Entra for the first one's scope, and begins a session for all", async () => {
    const { atEntra, answer } = await signInAt(BOTH);
    expect(atEntra?.searchParams.get("scope")).toBe("api://notes/Notes.Use");
    const { session = "" } = parseCode(answer.location?.searchParams.get("code") ?? "") ?? {};
    expect(await sessions.stored(session)).toMatchObject({
      servers: ["notes", "graph"],
      scopes: ["notes.read", "mcp.tools"],
    });
  });

  it("tells a user who lacks a role at the second server which one it is, and stores nothing", async () => {
    const before = await sessionsStored();
    sessions.upstream.rolesAt = (scope) => (scope === "api://notes/Notes.Use" ? ["Mcp.User"] : []);
    const { answer } = await signInAt(BOTH);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("You have no access to Microsoft Graph");
    expect(answer.text).not.toContain("no access to Notes");
    expect(await sessionsStored()).toBe(before);
  });
});
