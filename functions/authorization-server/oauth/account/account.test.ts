import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { KeyError } from "../../keys/key-ring.ts";
import { type RouteName, routes } from "../../routes.ts";
import { beginSession } from "../../sessions/begin.ts";
import { hashOf } from "../../sessions/secrets.ts";
import { userKey } from "../../sessions/user-key.ts";
import { StoreError } from "../../store/store.ts";
import { type LoggedLine, makeCall, withCookies } from "../../testing/calls.ts";
import { makeDependencies } from "../../testing/dependencies.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { TestPageSignIn } from "../../testing/page-sign-in.ts";
import {
  BOTH_SERVERS,
  ENTRA_TOKENS,
  GRANT,
  redeem,
  type Sessions,
  startSessions,
} from "../../testing/sessions.ts";
import { TenantRefusedError, UpstreamError } from "../../upstream/errors.ts";
import type { SignedInPerson } from "../../upstream/page-sign-in.ts";
import type { Dependencies } from "../dependencies.ts";
import { endpoints } from "../endpoints.ts";

/** The account page's endpoints, with Entra's side played by the test. */
const SAME_ORIGIN = { origin: ISSUER, "sec-fetch-site": "same-origin" };

let sessions: Sessions;
let pageSignIn: TestPageSignIn;
let dependencies: Dependencies;
let mira: SignedInPerson;
let tess: SignedInPerson;
let operator: SignedInPerson;
let people = 0;
beforeAll(async () => {
  sessions = await startSessions();
});
afterAll(() => sessions.stop());
beforeEach(() => {
  pageSignIn = new TestPageSignIn();
  dependencies = { ...makeDependencies(sessions), pageSignIn };
  [mira, tess, operator] = [somebody("Mira"), somebody("Tess"), somebody("Olu", ["Gateway.Operator"])] as [
    SignedInPerson,
    SignedInPerson,
    SignedInPerson,
  ];
  sessions.store.operations();
});

/** Nobody that another test knows. */
function somebody(name: string, roles: readonly string[] = []): SignedInPerson {
  const objectId = `00000000-0000-4000-8000-${String(people++).padStart(12, "0")}`;
  return { objectId, tenantId: "tenant", name, roles };
}

/** Somebody allows a client, which redeems its code. */
async function connect(person: SignedInPerson, changes: Partial<typeof GRANT> = {}): Promise<string> {
  const context = dependencies.sessions;
  const { code, session } = await beginSession(context, { ...GRANT, ...changes }, person, ENTRA_TOKENS);
  await redeem(context, code, changes.client ? { clientId: changes.client.id } : {});
  return session;
}

const isRevoked = async (session: string) => (await sessions.stored(session)).revoked !== undefined;
const userOf = ({ tenantId, objectId }: SignedInPerson) => userKey(ISSUER, tenantId, objectId);

/** A browser, with its cookies. */
class Browser {
  cookies: string[] = [];
  readonly lines: LoggedLine[] = [];

  async send(name: RouteName, query = "", init: RequestInit = {}) {
    const { method, path } = routes[name];
    const headers = new Headers(init.headers);
    const cookie = withCookies(this.cookies).headers.get("cookie");
    if (cookie) headers.set("cookie", cookie);
    const call = makeCall();
    const request = new Request(`${ISSUER}${path}${query}`, { method, ...init, headers });
    const response = await endpoints(dependencies)[name](request, call);
    this.cookies.push(...response.headers.getSetCookie());
    this.lines.push(...call.lines);
    const { status } = response;
    return {
      status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get("location") ?? undefined,
    };
  }

  open(query = "") {
    return this.send("account", query);
  }

  /** Opens the page, and comes back from Entra. */
  async signIn(person: SignedInPerson, query = "") {
    const { location } = await this.open(query);
    pageSignIn.person = person;
    return this.comeBack({ state: stateOf(location), code: "code" });
  }

  comeBack(query: Readonly<Record<string, string>>) {
    return this.send("callback", `?${new URLSearchParams(query)}`);
  }

  /** Signs in and reads the page. */
  async account(person: SignedInPerson, query = "") {
    await this.signIn(person, query);
    return this.open(query);
  }

  /** Sends the page's form. */
  async revoke(
    choice: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = SAME_ORIGIN,
  ) {
    const { text } = await this.open();
    const body = new URLSearchParams({ form_token: tokenOf(text), ...choice });
    return this.send("account-revoke", "", { body, headers });
  }
}

const stateOf = (location: string | undefined) => new URL(location ?? "").searchParams.get("state") ?? "";
const tokenOf = (text: string) => /name="form_token" value="([^"]+)"/.exec(text)?.[1] ?? "";
const outage = () => Promise.reject(new StoreError("unavailable", { cause: new Error("timeout") }));

describe("signing in to the account page", () => {
  it("leads to Entra and back, with a cookie of fifteen minutes and nothing stored", async () => {
    const browser = new Browser();
    const away = await browser.open();
    expect(away.status).toBe(303);
    expect(away.location).toMatch(/^https:\/\/login\.example\/authorize\?state=account\./);
    const back = await browser.signIn(mira);
    expect([back.status, back.location]).toEqual([303, `${ISSUER}/account`]);
    const set = back.headers.getSetCookie();
    expect(set).toEqual([
      expect.stringMatching(/^__Host-account=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=900$/),
      expect.stringMatching(/^__Host-account-sign-in-[\w.-]+=; .*Max-Age=0$/),
    ]);
    expect(sessions.store.operations()).toEqual({});
    expect(browser.lines).toContainEqual({
      level: "info",
      event: "account_signed_in",
      fields: { audit: true, user: mira.objectId, tenant: "tenant", operator: false },
    });
    expect((await browser.open()).text).toContain("Signed in as <strong><bdi>Mira</bdi></strong>");
  });

  it("ends after fifteen minutes, and Entra is asked anew", async () => {
    const browser = new Browser();
    await browser.signIn(mira);
    sessions.clock.advance(899);
    expect((await browser.open()).status).toBe(200);
    sessions.clock.advance(1);
    expect((await browser.open()).location).toContain("https://login.example/");
  });

  it("CAL-1 ends in another browser, without its cookie, and when it comes back a second time", async () => {
    const [one, other] = [new Browser(), new Browser()];
    const { location } = await one.open();
    await other.open();
    const query = { state: stateOf(location), code: "code" };
    for (const browser of [other, one, one]) {
      const { status, headers } = await browser.comeBack(query);
      const signedIn = headers.getSetCookie().some((each) => each.startsWith("__Host-account="));
      expect([status, signedIn]).toEqual(
        browser === one && one.lines.length === 1 ? [303, true] : [400, false],
      );
    }
  });

  it("CAL-1 ends when it takes longer than a sign-in may", async () => {
    const browser = new Browser();
    const { location } = await browser.open();
    sessions.clock.advance(600);
    const { status, headers } = await browser.comeBack({ state: stateOf(location), code: "code" });
    expect(status).toBe(400);
    expect(headers.getSetCookie()).toHaveLength(1);
  });

  it("CON-4 works in several tabs at once, and pushes out the oldest beyond three", async () => {
    const browser = new Browser();
    const states: string[] = [];
    for (let tab = 0; tab < 4; tab++) {
      states.push(stateOf((await browser.open()).location));
      sessions.clock.advance(1);
    }
    const statuses: number[] = [];
    for (const state of states) statuses.push((await browser.comeBack({ state, code: "code" })).status);
    expect(statuses).toEqual([400, 303, 303, 303]);
  });

  it("CAL-3 shows a page when Entra refuses, cancelled or not, and 503 when it is out", async () => {
    const browser = new Browser();
    const comeBack = async (query: Readonly<Record<string, string>>) =>
      browser.comeBack({ state: stateOf((await browser.open()).location), ...query });
    const cancelled = await comeBack({ error: "access_denied", error_description: "AADSTS65004: <b>" });
    expect([cancelled.status, cancelled.text.includes("cancelled")]).toEqual([400, true]);
    expect(cancelled.text).not.toContain("<b>");
    expect(cancelled.text).toContain(`href="${ISSUER}/account"`);
    pageSignIn.finish = () => Promise.reject(new UpstreamError("refused", "AADSTS50105"));
    expect((await comeBack({ code: "code" })).status).toBe(400);
    pageSignIn.finish = () => Promise.reject(new UpstreamError("unavailable", "timeout"));
    const out = await comeBack({ code: "code" });
    expect([out.status, out.headers.get("retry-after")]).toEqual([503, "5"]);
  });

  it("tells somebody of an organization that is not let in, and the log whose that is", async () => {
    const browser = new Browser();
    pageSignIn.finish = () => Promise.reject(new TenantRefusedError("7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12"));
    const { location } = await browser.open();
    const { status, text } = await browser.comeBack({ state: stateOf(location), code: "code" });
    expect([status, text.includes("an organization that is not let in here")]).toEqual([403, true]);
    expect(browser.lines.at(-1)?.fields).toMatchObject({
      reason: "tenant_not_allowed",
      tenant: "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12",
    });
  });

  it("leaves clients' own sign-ins alone, and they it", async () => {
    const browser = new Browser();
    const { text } = await browser.comeBack({ state: "1a2b3c.AAAAAAAAAAAAAAAAAAAAAA", code: "code" });
    expect(text).toContain("not started in this browser");
    expect(browser.cookies).toEqual([]);
  });
});

describe("signing out", () => {
  it("ends it in this browser, says so, and does not lead to Entra", async () => {
    const browser = new Browser();
    await browser.signIn(mira);
    const out = await browser.send("account-sign-out", "", { headers: SAME_ORIGIN });
    expect([out.status, out.location]).toEqual([303, `${ISSUER}/account/signed-out`]);
    const page = await browser.send("account-signed-out");
    expect([page.status, page.text.includes("You are signed out")]).toEqual([200, true]);
    expect((await browser.open()).location).toContain("https://login.example/");
  });

  it("CON-3 is refused to another site's form", async () => {
    const browser = new Browser();
    await browser.signIn(mira);
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await browser.send("account-sign-out", "", { headers })).status).toBe(403);
    expect((await browser.open()).status).toBe(200);
  });
});

describe("the account page", () => {
  it("shows by one query what a person allowed whom, where, and since when", async () => {
    await connect(mira, { redirectUri: "https://claude.ai/api/mcp/auth_callback", ...BOTH_SERVERS });
    const browser = new Browser();
    await browser.signIn(mira);
    sessions.store.operations();
    const { status, text, headers } = await browser.open();
    expect(sessions.store.operations()).toEqual({ "sessions query": 1 });
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("cache-control")).toBe("no-store");
    for (const shown of [
      '<h2 id="client-1"><bdi>Client</bdi></h2>',
      "Reached at claude.ai",
      "<dd>Microsoft Graph<small>https://gw.example/mcp</small></dd>",
      "<dd>Notes<small>https://gw.example/notes/mcp</small></dd>",
      "<li>Microsoft Graph: use the tools</li>",
      "<li>Notes: read your notes</li>",
      "<li>stay connected in the background</li>",
      '<time datetime="2027-01-15T',
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).not.toContain("change your notes");
    expect(text).not.toContain("auth_callback");
  });

  it("tells who has nothing connected what to do", async () => {
    const { status, text } = await new Browser().account(mira);
    expect(status).toBe(200);
    expect(text).toContain("No application is connected.");
    expect(text).not.toContain("/account/revoke");
  });

  it("shows one client once, with all its connections, and those with a document by their host", async () => {
    const id = "https://client.example/mcp/client.json";
    const client = { ...GRANT.client, id, name: "Published" };
    const first = await connect(mira, { client, redirectUri: "http://127.0.0.1:1/cb" });
    sessions.clock.advance(3600);
    const second = await connect(mira, { client, redirectUri: "http://127.0.0.1:2/cb" });
    await connect(mira, { client: { ...GRANT.client, id: "thief", name: "Other" } });
    const { text } = await new Browser().account(mira);
    expect([...text.matchAll(/<section class="client"/g)]).toHaveLength(2);
    expect(text).toContain("Published by client.example");
    expect(text).toContain("2 connections");
    for (const session of [first, second]) expect(text).toContain(`name="session" value="${session}"`);
  });

  it("CON-6 shows a client's name as text, whatever is in it", async () => {
    const name = `<img src=x onerror=alert(1)>"'&\u202e`;
    await connect(mira, { client: { ...GRANT.client, name }, redirectUri: "evil:<script>" });
    const { text } = await new Browser().account({ ...mira, name: "<b>Mira" });
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(text).toContain("&lt;b&gt;Mira");
    expect(text).not.toMatch(/<(?:img|script|b)\b/);
    expect(text).not.toMatch(/href="(?!\/account|data:image)/);
  });

  it("names a server that is no longer configured", async () => {
    await connect(mira, BOTH_SERVERS);
    const [graph] = dependencies.gateway.servers;
    if (graph) dependencies = { ...dependencies, gateway: { ...dependencies.gateway, servers: [graph] } };
    expect((await new Browser().account(mira)).text).toContain(
      "<dd>notes<small>no longer offered here</small>",
    );
  });

  it("speaks the browser's language, dates and all, and the operator's words in it", async () => {
    const scopes = [
      { name: "mcp.tools", description: { en: "use the tools", de: "die Werkzeuge verwenden" } },
    ];
    const [graph] = dependencies.gateway.servers;
    if (!graph) throw new Error("no server");
    const servers = [
      {
        ...graph,
        title: { en: "Mail", de: "Post" },
        scopes: scopes.map((each) => ({ ...each, required: true })),
      },
    ];
    dependencies = { ...dependencies, gateway: { ...dependencies.gateway, servers } };
    await connect(mira);
    const browser = new Browser();
    await browser.signIn(mira);
    const { text } = await browser.send("account", "", { headers: { "accept-language": "de-AT" } });
    for (const shown of [
      '<html lang="de"',
      "Ihre verbundenen Anwendungen",
      "<dd>Post<small>",
      "<li>die Werkzeuge verwenden</li>",
      ". Januar 2027 um ",
      " UTC</time>",
      "nach 5 Minuten",
    ]) {
      expect(text).toContain(shown);
    }
    const refused = await browser.send("account", "?user=x", { headers: { "accept-language": "de" } });
    expect(refused.text).toContain("Nur Betreiber dieses Gateways");
    const out = await browser.send("account-signed-out", "", { headers: { "accept-language": "de" } });
    expect(out.text).toContain("Sie sind abgemeldet");
  });

  it("says so when there are more than it shows", async () => {
    await connect(mira);
    const { documents } = dependencies.sessions;
    const listLive = async (user: string, now: number) => documents.listLive(user, now, 0);
    const create = documents.create.bind(documents);
    const more = {
      create,
      read: documents.read.bind(documents),
      replace: documents.replace.bind(documents),
      listLive,
    };
    dependencies = { ...dependencies, sessions: { ...dependencies.sessions, documents: more } };
    expect((await new Browser().account(mira)).text).toContain("There are more than are shown here");
  });

  it("SES-4 answers 503 with a page and Retry-After while the store or the keys are out", async () => {
    const browser = new Browser();
    await browser.signIn(mira);
    const working = dependencies;
    const { documents } = working.sessions;
    const broken = {
      create: outage,
      read: documents.read.bind(documents),
      replace: outage,
      listLive: outage,
    };
    const withoutKeys = () => Promise.reject(new KeyError("unavailable", "429 Throttled"));
    for (const out of [
      { ...working, sessions: { ...working.sessions, documents: broken } },
      { ...working, keys: { ...working.keys, dataKey: withoutKeys, dataKeyById: withoutKeys } },
    ]) {
      dependencies = out;
      const { status, headers, text } = await browser.open();
      expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
      expect(text).toContain("not available right now");
    }
  });
});

describe("disconnecting", () => {
  it("TOK-7 ends all of one client's sessions, tells the gateway whose, and says so once", async () => {
    const ended = [await connect(mira), await connect(mira)];
    const kept = await connect(mira, { client: { ...GRANT.client, id: "thief", name: "Other" } });
    const browser = new Browser();
    await browser.signIn(mira);
    const { status, location, headers } = await browser.revoke({ client: "client" });
    expect([status, location]).toEqual([303, `${ISSUER}/account`]);
    expect(headers.get("x-gateway-ended-sessions-of")).toBe(userOf(mira));
    for (const session of ended) {
      expect((await sessions.stored(session)).revoked?.because).toBe("user_request");
      expect(browser.lines).toContainEqual({
        level: "info",
        event: "revoked",
        fields: {
          audit: true,
          client: "client",
          servers: "graph",
          session,
          because: "user_request",
          user: mira.objectId,
          by: mira.objectId,
        },
      });
    }
    expect(await isRevoked(kept)).toBe(false);
    const page = await browser.open();
    expect(page.text).toContain("“<bdi>Client</bdi>” is disconnected.");
    expect(page.text).toContain("<bdi>Other</bdi>");
    expect((await browser.open()).text).not.toContain("is disconnected.");
  });

  it("ends one connection of several", async () => {
    const [one, other] = [await connect(mira), await connect(mira)];
    const browser = new Browser();
    await browser.signIn(mira);
    await browser.revoke({ session: one });
    expect([await isRevoked(one), await isRevoked(other)]).toEqual([true, false]);
    expect((await browser.open()).text).toContain("One connection of “<bdi>Client</bdi>” has ended.");
  });

  it("ends all", async () => {
    const both = [await connect(mira), await connect(mira, { client: { ...GRANT.client, id: "thief" } })];
    const browser = new Browser();
    await browser.signIn(mira);
    await browser.revoke({ all: "yes" });
    for (const session of both) expect(await isRevoked(session)).toBe(true);
    expect((await browser.open()).text).toContain("All applications are disconnected.");
  });

  it("CON-5 makes this browser forget what it remembers of the client, and of no other; all forgets all", async () => {
    await connect(mira);
    const decision = (id: string) => `__Host-decision-${hashOf(id).slice(0, 22)}.${"r".repeat(22)}`;
    const browser = new Browser();
    await browser.signIn(mira);
    browser.cookies.push(`${decision("client")}=a`, `${decision("thief")}=a`);
    const expired = (setCookies: readonly string[]) =>
      setCookies.filter((each) => each.endsWith("Max-Age=0")).map((each) => each.split("=")[0]);
    expect(expired((await browser.revoke({ client: "client" })).headers.getSetCookie())).toEqual([
      decision("client"),
    ]);
    const session = await connect(mira, { client: { ...GRANT.client, id: "thief" } });
    await connect(mira);
    expect(expired((await browser.revoke({ session })).headers.getSetCookie())).toEqual([decision("thief")]);
    browser.cookies.push(`${decision("client")}=a`, `${decision("thief")}=a`);
    expect(expired((await browser.revoke({ all: "yes" })).headers.getSetCookie())).toHaveLength(2);
  });

  it("says so when it had ended already", async () => {
    const [session] = [await connect(mira), await connect(mira)];
    const browser = new Browser();
    await browser.signIn(mira);
    await browser.revoke({ session });
    await browser.open();
    await browser.revoke({ session });
    expect((await browser.open()).text).toContain("There was nothing left to disconnect");
  });

  it("SES-4 answers 503 when the store is out, and still tells the gateway: some may have ended", async () => {
    await connect(mira);
    const browser = new Browser();
    const { text } = await browser.account(mira);
    const { documents } = dependencies.sessions;
    const broken = {
      create: outage,
      read: documents.read.bind(documents),
      replace: outage,
      listLive: documents.listLive.bind(documents),
    };
    dependencies = { ...dependencies, sessions: { ...dependencies.sessions, documents: broken } };
    const body = new URLSearchParams({ form_token: tokenOf(text), all: "yes" });
    const answer = await browser.send("account-revoke", "", { body, headers: SAME_ORIGIN });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(answer.headers.get("x-gateway-ended-sessions-of")).toBe(userOf(mira));
  });

  it.each([
    {},
    { session: "" },
    { session: "../x" },
    { client: "client", all: "yes" },
    { session: "a".repeat(22), client: "c" },
  ])("refuses a form that chooses nothing, or more than one thing: %j", async (choice) => {
    const session = await connect(mira);
    const browser = new Browser();
    await browser.signIn(mira);
    expect((await browser.revoke(choice)).status).toBe(400);
    expect(await isRevoked(session)).toBe(false);
  });
});

describe("a forged form", () => {
  let browser: Browser;
  let session: string;
  beforeEach(async () => {
    session = await connect(mira);
    browser = new Browser();
    await browser.signIn(mira);
  });

  it.each([
    {},
    { origin: ISSUER },
    { "sec-fetch-site": "same-origin" },
    { origin: "null", "sec-fetch-site": "same-origin" },
    { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    { origin: ISSUER, "sec-fetch-site": "same-site" },
  ])("CON-3 is refused when the browser says, or does not say: %j", async (headers) => {
    const answer = await browser.revoke({ session }, headers as Readonly<Record<string, string>>);
    expect([answer.status, await isRevoked(session)]).toEqual([403, false]);
    expect(answer.headers.has("x-gateway-ended-sessions-of")).toBe(false);
  });

  it("CON-3 is refused without its token, with another's, and with that of an earlier sign-in", async () => {
    const others = new Browser();
    await connect(tess);
    const another = tokenOf((await others.account(tess)).text);
    const earlier = tokenOf((await browser.open()).text);
    await browser.send("account-sign-out", "", { headers: SAME_ORIGIN });
    await browser.signIn(mira);
    for (const form_token of ["", another, earlier, "x"]) {
      expect((await browser.revoke({ session, form_token })).status).toBe(403);
    }
    expect(await isRevoked(session)).toBe(false);
  });

  it("is refused to a browser where nobody is signed in, or no longer", async () => {
    const { text } = await browser.open();
    const body = () => new URLSearchParams({ form_token: tokenOf(text), session });
    const nobody = await new Browser().send("account-revoke", "", { body: body(), headers: SAME_ORIGIN });
    sessions.clock.advance(900);
    const late = await browser.send("account-revoke", "", { body: body(), headers: SAME_ORIGIN });
    expect([nobody.status, late.status]).toEqual([403, 403]);
    expect(await isRevoked(session)).toBe(false);
  });

  it("ends nothing of another's by that session's ID, or another's client", async () => {
    const others = new Browser();
    await others.signIn(tess);
    await connect(tess, { client: { ...GRANT.client, id: "thief" } });
    for (const choice of [{ session }, { client: "client" }, { all: "yes" }]) {
      expect((await others.revoke(choice)).status).toBe(303);
      await connect(tess, { client: { ...GRANT.client, id: "thief" } });
    }
    expect(await isRevoked(session)).toBe(false);
    expect((await others.revoke({ session, user: mira.objectId })).status).toBe(403);
    expect(await isRevoked(session)).toBe(false);
  });
});

describe("an operator", () => {
  it("sees and ends another's by object ID, however it is written, and the log says who did", async () => {
    const session = await connect(mira);
    const browser = new Browser();
    const query = `?user=%20${mira.objectId.toUpperCase()}%20`;
    const back = await browser.signIn(operator, query);
    expect(back.location).toBe(`${ISSUER}/account?user=+${mira.objectId.toUpperCase()}+`);
    const { text } = await browser.open(query);
    expect(text).toContain("<bdi>Client</bdi>");
    expect(browser.lines).toContainEqual({
      level: "info",
      event: "account_viewed",
      fields: { audit: true, user: mira.objectId, tenant: "tenant", by: operator.objectId },
    });
    const form = new URLSearchParams({ form_token: tokenOf(text), user: mira.objectId, client: "client" });
    const ended = await browser.send("account-revoke", "", { body: form, headers: SAME_ORIGIN });
    expect(ended.location).toBe(`${ISSUER}/account?user=${mira.objectId}`);
    expect(ended.headers.get("x-gateway-ended-sessions-of")).toBe(userOf(mira));
    expect((await sessions.stored(session)).revoked?.because).toBe("operator_request");
    expect(browser.lines.at(-1)).toMatchObject({
      event: "revoked",
      fields: { because: "operator_request", user: mira.objectId, by: operator.objectId },
    });
  });

  it("learns that an unknown object ID has nothing, and what an object ID looks like", async () => {
    const browser = new Browser();
    const unknown = await browser.account(operator, "?user=99999999-9999-4999-8999-999999999999");
    expect([unknown.status, unknown.text.includes("for this object ID")]).toEqual([200, true]);
    const wrong = await browser.open("?user=mira@contoso.example<b>");
    expect([wrong.status, wrong.text.includes("is no object ID")]).toEqual([400, true]);
    expect(wrong.text).not.toContain("<b>");
  });

  it("sees nobody of another tenant by object ID alone", async () => {
    await connect({ ...mira, tenantId: "another" });
    const { text } = await new Browser().account(operator, `?user=${mira.objectId}`);
    expect(text).not.toContain("<bdi>Client</bdi>");
  });

  describe("where people of several tenants sign in", () => {
    const GUEST = "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12";
    beforeEach(() => {
      dependencies = { ...dependencies, tenants: ["tenant", GUEST] };
    });

    it("sees and ends those of another by its ID and theirs, as one of the home tenant", async () => {
      const guest = { ...mira, tenantId: GUEST };
      const session = await connect(guest);
      const browser = new Browser();
      const user = `${GUEST}/${mira.objectId}`;
      const { text } = await browser.account(operator, `?user=${user}`);
      expect(text).toContain("<bdi>Client</bdi>");
      const form = new URLSearchParams({ form_token: tokenOf(text), user, client: "client" });
      const ended = await browser.send("account-revoke", "", { body: form, headers: SAME_ORIGIN });
      expect(new URL(ended.location ?? "").searchParams.get("user")).toBe(user);
      expect(ended.headers.get("x-gateway-ended-sessions-of")).toBe(userOf(guest));
      expect(await isRevoked(session)).toBe(true);
      expect(browser.lines).toContainEqual(
        expect.objectContaining({
          event: "account_viewed",
          fields: { audit: true, user: mira.objectId, tenant: GUEST, by: operator.objectId },
        }),
      );
    });

    it("sees none but their own tenant's as one whom another tenant's administrator made an operator", async () => {
      await connect(mira);
      const foreigner = { ...operator, tenantId: GUEST };
      for (const user of [mira.objectId, `${GUEST}/${mira.objectId}`]) {
        const { status, text } = await new Browser().account(foreigner, `?user=${user}`);
        expect([status, text.includes("<bdi>Client</bdi>")]).toEqual([200, false]);
      }
      dependencies = { ...dependencies, tenants: ["5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c", GUEST] };
      const other = `5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c/${mira.objectId}`;
      expect((await new Browser().account(foreigner, `?user=${other}`)).status).toBe(403);
    });

    it("is refused a tenant that is not listed", async () => {
      const user = `5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c/${mira.objectId}`;
      expect((await new Browser().account(operator, `?user=${user}`)).status).toBe(403);
    });
  });

  it("needs the role: others get a page that says what to ask for, and see their own by their own ID", async () => {
    await connect(mira);
    const browser = new Browser();
    const roles = ["Mcp.User", "gateway.operator", "Gateway.Operators"];
    const refused = await browser.account({ ...tess, roles }, `?user=${mira.objectId}`);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("Gateway.Operator");
    expect(refused.text).not.toContain("<bdi>Client</bdi>");
    expect(browser.lines.at(-1)?.fields).toMatchObject({
      reason: "operator_role_missing",
      user: tess.objectId,
      tenant: "tenant",
    });
    expect((await browser.open(`?user=${tess.objectId}`)).status).toBe(200);
    expect((await browser.open()).text).not.toContain('name="user"');
  });
});

describe("a refusal on the account page", () => {
  /** What the log says of the last one. */
  const refusal = ({ lines }: Browser) =>
    lines.findLast(({ event }) => event === "refused")?.fields as Record<string, unknown> | undefined;
  const NOTHING_CHANGED = "Nothing was changed.";

  it("CAL-1 says of a sign-in that it is not this browser's, or too old", async () => {
    const [one, other] = [new Browser(), new Browser()];
    const query = { state: stateOf((await one.open()).location), code: "code" };
    const { text } = await other.comeBack(query);
    expect(text).toContain("not started in this browser, took too long");
    expect(refusal(other)).toMatchObject({
      endpoint: "callback",
      error: "invalid_request",
      reason: "no_account_sign_in_in_this_browser",
    });
    sessions.clock.advance(600);
    const late = await one.comeBack(query);
    expect(late.text).toContain("not started in this browser, took too long");
    expect(refusal(one)).toMatchObject({ error: "access_denied", reason: "flow_expired" });
  });

  it("CON-3 says of a form that nobody is signed in, that it is another sign-in's, or another site's", async () => {
    await connect(mira);
    const browser = new Browser();
    const { text } = await browser.account(mira);
    const body = () => new URLSearchParams({ form_token: tokenOf(text), all: "yes" });
    const stranger = new Browser();
    const nobody = await stranger.send("account-revoke", "", { body: body(), headers: SAME_ORIGIN });
    expect(nobody.text).toContain(NOTHING_CHANGED);
    expect(refusal(stranger)).toMatchObject({
      endpoint: "account-revoke",
      error: "invalid_request",
      reason: "not_signed_in",
    });
    expect((await browser.revoke({ all: "yes", form_token: "x" })).text).toContain(NOTHING_CHANGED);
    expect(refusal(browser)).toMatchObject({ reason: "form_of_another_sign_in" });
    for (const name of ["account-revoke", "account-sign-out"] as const) {
      const foreign = await browser.send(name, "", { body: body() });
      expect(foreign.text).toContain(NOTHING_CHANGED);
      expect(refusal(browser)).toMatchObject({ endpoint: name, reason: "cross_site_form" });
    }
    await browser.revoke({});
    expect(refusal(browser)).toMatchObject({
      endpoint: "account-revoke",
      error: "invalid_request",
      reason: "The form came without a choice.",
    });
  });

  it("says who may not see whom", async () => {
    const browser = new Browser();
    await browser.account(tess, `?user=${mira.objectId}`);
    expect(refusal(browser)).toMatchObject({
      endpoint: "account",
      error: "access_denied",
      reason: "operator_role_missing",
    });
    const other = new Browser();
    await other.account(operator, "?user=mira");
    expect(refusal(other)).toMatchObject({ error: "invalid_request", reason: "no_object_id" });
    const elsewhere = "5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c";
    await other.open(`?user=${elsewhere}/${mira.objectId}`);
    expect(refusal(other)).toMatchObject({ reason: "operator_of_another_tenant" });
  });

  it("CAL-2 says of a stranger's tenant which it was", async () => {
    const browser = new Browser();
    pageSignIn.finish = () => Promise.reject(new TenantRefusedError("foreign"));
    const query = { state: stateOf((await browser.open()).location), code: "code" };
    expect((await browser.comeBack(query)).status).toBe(403);
    expect(refusal(browser)).toMatchObject({
      error: "access_denied",
      reason: "tenant_not_allowed",
      tenant: "foreign",
    });
  });

  it("SES-4 is an outage, and no new sign-in, when the key of what the browser holds cannot be had", async () => {
    const browser = new Browser();
    const { location } = await browser.open();
    const working = dependencies;
    const dataKeyById = () => Promise.reject(new KeyError("unavailable", "429 Throttled"));
    dependencies = { ...working, keys: { ...working.keys, dataKeyById } };
    expect((await browser.comeBack({ state: stateOf(location), code: "code" })).status).toBe(503);
    dependencies = working;
    await browser.signIn(mira);
    dependencies = { ...working, keys: { ...working.keys, dataKeyById } };
    expect((await browser.open()).status).toBe(503);
  });
});

describe("what the account page leaves as it is", () => {
  it("does not log a look at one's own clients as another's", async () => {
    const browser = new Browser();
    await browser.account(mira, `?user=${mira.objectId}`);
    expect(browser.lines.some(({ event }) => event === "account_viewed")).toBe(false);
  });

  it("shows oneself by one's own tenant and object ID", async () => {
    const tenantId = "5c0ee9a2-0a5b-4b1d-8f0c-2d3e4f5a6b7c";
    dependencies = { ...dependencies, tenants: [tenantId] };
    const browser = new Browser();
    const { text } = await browser.account(
      { ...operator, tenantId },
      `?user=${tenantId}/${operator.objectId}`,
    );
    expect(text).toContain("Your connected applications");
    expect(browser.lines.some(({ event }) => event === "account_viewed")).toBe(false);
  });

  it("CON-4 pushes out the oldest sign-in in whatever order the browser sends them, and nothing else", async () => {
    const browser = new Browser();
    for (let tab = 0; tab < 3; tab++) {
      await browser.open();
      sessions.clock.advance(1);
    }
    const [oldest = ""] = browser.cookies;
    const other = `__Host-consent-${"c".repeat(43)}=x`;
    browser.cookies = [other, ...browser.cookies.toReversed()];
    const { headers } = await browser.open();
    const expired = headers.getSetCookie().filter((each) => each.endsWith("Max-Age=0"));
    expect(expired.map((each) => each.split("=")[0])).toEqual([oldest.split("=")[0]]);
  });

  it("tells an operator what came of it, on that person's page", async () => {
    await connect(mira);
    const browser = new Browser();
    const { text } = await browser.account(operator, `?user=${mira.objectId}`);
    const form = new URLSearchParams({ form_token: tokenOf(text), user: mira.objectId, client: "client" });
    await browser.send("account-revoke", "", { body: form, headers: SAME_ORIGIN });
    expect((await browser.open(`?user=${mira.objectId}`)).text).toContain("is disconnected.");
  });

  it("leads from the page after signing out back to the account", async () => {
    const { text } = await new Browser().send("account-signed-out");
    expect(text).toContain(`href="${ISSUER}/account"`);
    expect(text).toContain("Sign in again");
  });
});

describe("the account's cookies", () => {
  const valueIn = (cookies: readonly string[], name: RegExp) =>
    cookies.map((each) => name.exec(each)?.[1]).findLast((value) => value) ?? "";

  it("CAL-1 are each of a kind of their own", async () => {
    const browser = new Browser();
    const state = stateOf((await browser.open()).location);
    const underWay = valueIn(browser.cookies, /^__Host-account-sign-in-[^=]+=([^;]+)/);
    await browser.signIn(operator);
    const signedIn = valueIn(browser.cookies, /^__Host-account=([^;]+)/);

    const asSignedIn = new Browser();
    asSignedIn.cookies = [`__Host-account=${underWay}`];
    expect((await asSignedIn.open()).status).toBe(303);
    const asUnderWay = new Browser();
    const id = state.replace("account.", "");
    asUnderWay.cookies = [`__Host-account-sign-in-${id}=${signedIn}`];
    expect((await asUnderWay.comeBack({ state, code: "code" })).status).toBe(400);
    const asClients = new Browser();
    asClients.cookies = [`__Host-sign-in-${id}=${underWay}`];
    expect((await asClients.comeBack({ state: id, code: "code" })).status).toBe(400);
  });

  it("are forged by nobody: a role or a person that is written in opens nothing", async () => {
    const forged = { ...operator, isOperator: true, formToken: "x", expiresAt: 9e9 };
    for (const value of [
      Buffer.from(JSON.stringify(forged)).toString("base64url"),
      `${Buffer.from('{"alg":"none"}').toString("base64url")}....`,
    ]) {
      const browser = new Browser();
      browser.cookies = [`__Host-account=${value}`];
      expect((await browser.open()).status).toBe(303);
    }
  });

  it("hold a name of any length", async () => {
    const browser = new Browser();
    await browser.signIn({ ...mira, name: "𝕏".repeat(5000) });
    expect(Math.max(...browser.cookies.map((each) => each.length))).toBeLessThan(4096);
    expect((await browser.open()).status).toBe(200);
  });
});
