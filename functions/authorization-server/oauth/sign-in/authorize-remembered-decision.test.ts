import { beforeEach, describe, expect, it } from "vitest";
import { SAME_ORIGIN } from "../../testing/browser.ts";
import { makeDependencies } from "../../testing/dependencies.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { useSessions } from "../../testing/sessions.ts";
import { Browser, registeredId, type TestApp, withRegisteredClient } from "../../testing/sign-in.ts";

const sessions = useSessions();
let app: TestApp;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
});

describe("a remembered decision", () => {
  const THEMSELVES = { "sec-fetch-site": "none" };
  const WEB = "https://client.example/callback";
  const PROGRAM = { client_id: "client", redirect_uri: "http://localhost:6274/callback" };
  beforeEach(async () => {
    app.dependencies = makeDependencies(
      sessions,
      {},
      { consent: { remember: { approvals: 86_400, denials: 3600 } } },
    );
    app.clientId = await registeredId(app.dependencies, WEB);
    sessions.store.operations();
  });
  const open = (
    browser: Browser,
    changes: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = THEMSELVES,
  ) => browser.authorize({ redirect_uri: WEB, resource: `${ISSUER}/mcp`, ...changes }, headers);
  /** Decides, with the box ticked. */
  async function remember(browser: Browser, decision: string) {
    const { text } = await open(browser);
    return browser.decide(text, decision, SAME_ORIGIN, { remember: "yes" });
  }

  it("CON-5 CON-1 CAL-1 leads on through Entra, back by the cookie that follows an approval, and works on", async () => {
    const browser = new Browser(app);
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
    const browser = new Browser(app);
    await remember(browser, "allow");
    for (const { status, text } of [
      await open(new Browser(app)),
      await open(browser, {}, { "sec-fetch-site": "cross-site" }),
      await open(browser, {}, {}),
      await open(browser, { prompt: "consent" }),
    ]) {
      expect(status).toBe(200);
      expect(text).toContain('value="allow"');
    }
  });

  it("CON-5 asks a client that names no server, though the same was allowed with its name", async () => {
    const browser = new Browser(app);
    await remember(browser, "allow");
    const asked = await open(browser, { resource: "" });
    expect([asked.status, asked.location]).toEqual([200, undefined]);
    await browser.decide(asked.text, "allow", SAME_ORIGIN, { remember: "yes" });
    expect((await open(browser, { resource: "" })).status).toBe(200);
    expect((await open(browser)).location?.origin).toBe("https://login.example");
  });

  it("CON-5 that was a denial is a page that sends nothing by itself, and asks anew", async () => {
    const browser = new Browser(app);
    await remember(browser, "deny");
    const { status, location, text, lines } = await open(browser, { state: "a+/=" });
    expect([status, location]).toEqual([403, undefined]);
    expect(lines.at(-1)?.fields).toMatchObject({
      endpoint: "authorize",
      error: "access_denied",
      reason: "person_denied_earlier",
      client: app.clientId,
    });
    expect(text).toContain("You denied this earlier");
    expect(text).toMatch(
      /href="https:[^"]+error=access_denied&amp;error_description=The\+person\+did\+not\+allow\+it\.[^"]+state=a%2B%2F%3D"/,
    );
    const again =
      /href="(\/authorize[^"]+&amp;prompt=consent)"/.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const asked = await browser.send("authorize", again, { headers: { "sec-fetch-site": "same-origin" } });
    expect(asked.text).toContain('value="allow"');
    await browser.decide(asked.text, "allow");
    expect((await open(browser)).text).toContain('value="allow"');
  });

  it("CON-5 is offered only where it would be remembered, and for how long", async () => {
    const browser = new Browser(app);
    const offer = (text: string) =>
      /<input type="checkbox" name="remember"[^>]*><span>([^<]*)/.exec(text)?.[1];
    expect(offer((await open(browser)).text)).toBe(
      "Remember my answer in this browser (for 1 day if I allow this, for 1 hour if I deny it)",
    );
    expect(offer((await open(browser, PROGRAM)).text)).toBe(
      "If I deny this, do not ask again in this browser for 1 hour",
    );
    expect(offer((await open(browser, {}, { "sec-fetch-site": "cross-site" })).text)).toBeUndefined();
    app.dependencies = makeDependencies(sessions, {}, { consent: { remember: { approvals: 2 * 86_400 } } });
    expect(offer((await open(browser)).text)).toBe(
      "If I allow this, do not ask again in this browser for 2 days",
    );
    expect(offer((await open(browser, PROGRAM)).text)).toBeUndefined();
    app.dependencies = makeDependencies(sessions);
    expect(offer((await open(browser)).text)).toBeUndefined();
  });

  it("CON-5 ends with the registration that it was for", async () => {
    const browser = new Browser(app);
    await remember(browser, "allow");
    const renamed = async () => {
      const found = await makeDependencies(sessions).clients.find(app.clientId);
      return found && { ...found, name: "Bank" };
    };
    app.dependencies = { ...app.dependencies, clients: { ...app.dependencies.clients, find: renamed } };
    const { status, text } = await open(browser);
    expect(status).toBe(200);
    expect(text).toContain('<p class="name"><bdi>Bank</bdi></p>');
  });
});
