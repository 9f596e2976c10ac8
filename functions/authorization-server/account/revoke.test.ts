import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hashOf } from "../crypto/secrets.ts";
import { noteAllowed } from "../oauth/sign-in/browser-state/allowed-earlier.ts";
import {
  type AccountApp,
  type AccountBrowser,
  formTokenOf,
  outage,
  startAccount,
  userOf,
} from "../testing/account.ts";
import { SAME_ORIGIN } from "../testing/browser.ts";
import { ISSUER } from "../testing/gateway.ts";
import { GRANT } from "../testing/sessions.ts";

let account: AccountApp;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.stop());
beforeEach(() => account.reset());

describe("disconnecting", () => {
  it("TOK-7 ends all of one client's sessions, tells the gateway whose, and says so once", async () => {
    const ended = [await account.connect(account.mira), await account.connect(account.mira)];
    const kept = await account.connect(account.mira, {
      client: { ...GRANT.client, id: "thief", name: "Other" },
    });
    const browser = account.browser();
    await browser.signIn(account.mira);
    const { status, location, headers } = await browser.revoke({ client: "client" });
    expect([status, location]).toEqual([303, `${ISSUER}/account`]);
    expect(headers.get("x-gateway-ended-sessions-of")).toBe(userOf(account.mira));
    for (const session of ended) {
      expect((await account.sessions.stored(session)).revoked?.because).toBe("user_request");
      expect(browser.lines).toContainEqual({
        level: "info",
        event: "revoked",
        fields: {
          audit: true,
          client: "client",
          servers: "graph",
          session,
          because: "user_request",
          user: account.mira.objectId,
          by: account.mira.objectId,
        },
      });
    }
    expect(await account.isRevoked(kept)).toBe(false);
    const page = await browser.open();
    expect(page.text).toContain("<p>An application is disconnected.</p>");
    expect(page.text).toContain('<p class="name"><bdi>Client</bdi></p>');
    expect(page.text).toContain("<bdi>Other</bdi>");
    expect((await browser.open()).text).not.toContain("is disconnected.");
  });

  it("ends one connection of several", async () => {
    const [one, other] = [await account.connect(account.mira), await account.connect(account.mira)];
    const browser = account.browser();
    await browser.signIn(account.mira);
    await browser.revoke({ session: one });
    expect([await account.isRevoked(one), await account.isRevoked(other)]).toEqual([true, false]);
    const { text } = await browser.open();
    expect(text).toContain("<p>One connection of an application has ended.</p>");
    expect(text).toContain('<p class="name"><bdi>Client</bdi></p>');
  });

  it("ends all", async () => {
    const both = [
      await account.connect(account.mira),
      await account.connect(account.mira, { client: { ...GRANT.client, id: "thief" } }),
    ];
    const browser = account.browser();
    await browser.signIn(account.mira);
    await browser.revoke({ all: "yes" });
    for (const session of both) expect(await account.isRevoked(session)).toBe(true);
    expect((await browser.open()).text).toContain("All applications are disconnected.");
  });

  it("CON-5 makes this browser forget what it remembers of the client, and of no other; all forgets all", async () => {
    await account.connect(account.mira);
    const decision = (id: string) => `__Host-decision-${hashOf(id).slice(0, 22)}.${"r".repeat(22)}`;
    const browser = account.browser();
    await browser.signIn(account.mira);
    browser.cookies.push(`${decision("client")}=a`, `${decision("thief")}=a`);
    const expired = (setCookies: readonly string[]) =>
      setCookies.filter((each) => each.endsWith("Max-Age=0")).map((each) => each.split("=")[0]);
    expect(expired((await browser.revoke({ client: "client" })).headers.getSetCookie())).toEqual([
      decision("client"),
    ]);
    const session = await account.connect(account.mira, { client: { ...GRANT.client, id: "thief" } });
    await account.connect(account.mira);
    expect(expired((await browser.revoke({ session })).headers.getSetCookie())).toEqual([decision("thief")]);
    browser.cookies.push(`${decision("client")}=a`, `${decision("thief")}=a`);
    expect(expired((await browser.revoke({ all: "yes" })).headers.getSetCookie())).toHaveLength(2);
  });

  it("CON-8 takes an optional scope out of one session, which continues, and tells the gateway", async () => {
    const [one, other] = [await account.connect(account.mira), await account.connect(account.mira)];
    const browser = account.browser();
    await browser.signIn(account.mira);
    await browser.open();
    account.sessions.store.operations();
    const { text } = await browser.open();
    const body = new URLSearchParams({ form_token: formTokenOf(text), session: one, scope: "mcp.admin" });
    account.sessions.store.operations();
    const answer = await browser.send("account-revoke", "", { body, headers: SAME_ORIGIN });
    expect(account.sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
    expect(answer.headers.get("x-gateway-ended-sessions-of")).toBe(userOf(account.mira));
    const scopesOf = async (session: string) => (await account.sessions.stored(session)).scopes;
    expect([await scopesOf(one), await scopesOf(other)]).toEqual([["mcp.tools"], GRANT.scopes]);
    expect(await account.isRevoked(one)).toBe(false);
    expect(browser.lines).toContainEqual({
      level: "info",
      event: "scope_withdrawn",
      fields: {
        audit: true,
        client: "client",
        servers: "graph",
        session: one,
        user: account.mira.objectId,
        scope: "mcp.admin",
        because: "user_request",
        by: account.mira.objectId,
      },
    });
    const page = (await browser.open()).text;
    expect(page).toContain("<p>You withdrew a permission from an application.</p>");
    await browser.revoke({ session: one, scope: "mcp.admin" });
    expect((await browser.open()).text).toContain("There was nothing left to withdraw");
  });

  it("CON-8 CON-5 makes this browser forget what it remembers of the client, so that it asks again", async () => {
    const session = await account.connect(account.mira);
    const browser = account.browser();
    await browser.signIn(account.mira);
    const decision = `__Host-decision-${hashOf("client").slice(0, 22)}.${"r".repeat(22)}`;
    const request = new Request(ISSUER);
    const asked = {
      client: { ...GRANT.client, useIsWorthNoting: false },
      redirectUri: GRANT.redirectUri,
      challenge: GRANT.challenge,
      servers: GRANT.servers,
      scopes: GRANT.scopes,
    };
    browser.cookies.push(`${decision}=a`, await noteAllowed(account.dependencies, request, asked, asked));
    const { headers } = await browser.revoke({ session, scope: "mcp.admin" });
    const expired = headers.getSetCookie().filter((each) => each.endsWith("Max-Age=0"));
    expect(expired.map((each) => each.split("=")[0])).toEqual([decision, "__Host-allowed-earlier"]);
  });

  it.each([
    { scope: "mcp.admin" },
    { scope: "mcp.admin", client: "client" },
    { scope: "mcp.admin", all: "yes" },
    { scope: "mcp.admin", session: "../x" },
  ])("CON-8 ends nothing by a scope without its session: %j", async (choice) => {
    const session = await account.connect(account.mira);
    const browser = account.browser();
    await browser.signIn(account.mira);
    expect((await browser.revoke(choice as Readonly<Record<string, string>>)).status).toBe(400);
    expect((await account.sessions.stored(session)).scopes).toEqual(GRANT.scopes);
    expect(await account.isRevoked(session)).toBe(false);
  });

  it("says so when it had ended already", async () => {
    const [session] = [await account.connect(account.mira), await account.connect(account.mira)];
    const browser = account.browser();
    await browser.signIn(account.mira);
    await browser.revoke({ session });
    await browser.open();
    await browser.revoke({ session });
    expect((await browser.open()).text).toContain("There was nothing left to disconnect");
  });

  it("SES-4 answers 503 when the store is out, and still tells the gateway: some may have ended", async () => {
    await account.connect(account.mira);
    const browser = account.browser();
    const { text } = await browser.account(account.mira);
    const { documents } = account.dependencies.sessions;
    const broken = {
      create: outage,
      read: documents.read.bind(documents),
      replace: outage,
      listLive: documents.listLive.bind(documents),
    };
    account.dependencies = {
      ...account.dependencies,
      sessions: { ...account.dependencies.sessions, documents: broken },
    };
    const body = new URLSearchParams({ form_token: formTokenOf(text), all: "yes" });
    const answer = await browser.send("account-revoke", "", { body, headers: SAME_ORIGIN });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(browser.lines.at(-1)?.fields).toMatchObject({
      endpoint: "account-revoke",
      error: "temporarily_unavailable",
    });
    expect(answer.headers.get("x-gateway-ended-sessions-of")).toBe(userOf(account.mira));
  });

  it.each([
    {},
    { session: "" },
    { session: "../x" },
    { client: "client", all: "yes" },
    { session: "a".repeat(22), client: "c" },
  ])("refuses a form that chooses nothing, or more than one thing: %j", async (choice) => {
    const session = await account.connect(account.mira);
    const browser = account.browser();
    await browser.signIn(account.mira);
    expect((await browser.revoke(choice)).status).toBe(400);
    expect(await account.isRevoked(session)).toBe(false);
  });
});

describe("a forged form", () => {
  let browser: AccountBrowser;
  let session: string;
  beforeEach(async () => {
    session = await account.connect(account.mira);
    browser = account.browser();
    await browser.signIn(account.mira);
  });

  it.each([
    {},
    { origin: ISSUER },
    { "sec-fetch-site": "same-origin" },
    { origin: "null", "sec-fetch-site": "same-origin" },
    { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    { origin: ISSUER, "sec-fetch-site": "same-site" },
  ])("CON-3 is refused when the browser says, or does not say: %j", async (headers) => {
    for (const choice of [{ session }, { session, scope: "mcp.admin" }]) {
      const answer = await browser.revoke(choice, headers as Readonly<Record<string, string>>);
      expect([answer.status, await account.isRevoked(session)]).toEqual([403, false]);
      expect(answer.headers.has("x-gateway-ended-sessions-of")).toBe(false);
    }
    expect((await account.sessions.stored(session)).scopes).toEqual(GRANT.scopes);
  });

  it("CON-3 is refused without its token, with another's, and with that of an earlier sign-in", async () => {
    const others = account.browser();
    await account.connect(account.tess);
    const another = formTokenOf((await others.account(account.tess)).text);
    const earlier = formTokenOf((await browser.open()).text);
    await browser.send("account-sign-out", "", { headers: SAME_ORIGIN });
    await browser.signIn(account.mira);
    for (const form_token of ["", another, earlier, "x"]) {
      expect((await browser.revoke({ session, form_token })).status).toBe(403);
    }
    expect(await account.isRevoked(session)).toBe(false);
  });

  it("is refused to a browser where nobody is signed in, or no longer", async () => {
    const { text } = await browser.open();
    const body = () => new URLSearchParams({ form_token: formTokenOf(text), session });
    const nobody = await account.browser().send("account-revoke", "", { body: body(), headers: SAME_ORIGIN });
    account.sessions.clock.advance(900);
    const late = await browser.send("account-revoke", "", { body: body(), headers: SAME_ORIGIN });
    expect([nobody.status, late.status]).toEqual([403, 403]);
    expect(await account.isRevoked(session)).toBe(false);
  });

  it("ends nothing of another's by that session's ID, or another's client", async () => {
    const others = account.browser();
    await others.signIn(account.tess);
    await account.connect(account.tess, { client: { ...GRANT.client, id: "thief" } });
    for (const choice of [{ session }, { client: "client" }, { all: "yes" }]) {
      expect((await others.revoke(choice)).status).toBe(303);
      await account.connect(account.tess, { client: { ...GRANT.client, id: "thief" } });
    }
    expect(await account.isRevoked(session)).toBe(false);
    expect((await others.revoke({ session, user: account.mira.objectId })).status).toBe(403);
    expect(await account.isRevoked(session)).toBe(false);
  });
});
