import { beforeEach, describe, expect, it } from "vitest";
import { SAME_ORIGIN } from "../../testing/browser.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { useSessions } from "../../testing/sessions.ts";
import { Browser, removeServers, type TestApp, withRegisteredClient } from "../../testing/sign-in.ts";
import { UpstreamError } from "../../upstream/errors.ts";

const sessions = useSessions();
let app: TestApp;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
});

describe("POST /consent", () => {
  it("CON-1 leads on to Entra when the person allows it, without the store", async () => {
    const browser = new Browser(app);
    const { text } = await browser.authorize();
    sessions.store.operations();
    const { status, location } = await browser.decide(text, "allow");
    expect(status).toBe(303);
    expect(location?.origin).toBe("https://login.example");
    expect(sessions.store.operations()).toEqual({});
  });

  it("CON-5 brings access_denied to the client when the person denies it", async () => {
    const browser = new Browser(app);
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
    const browser = new Browser(app);
    const { text } = await browser.authorize();
    const { status, location } = await browser.decide(text, "allow", headers);
    expect([status, location]).toEqual([403, undefined]);
  });

  it("CON-3 refuses a form in another browser, and one that is too old", async () => {
    const browser = new Browser(app);
    const { text } = await browser.authorize();
    expect((await new Browser(app).decide(text, "allow")).status).toBe(400);
    sessions.clock.advance(600);
    expect((await browser.decide(text, "allow")).status).toBe(400);
  });

  const ENTRA = "https://login.example";

  it.each(["allow", "deny"])(
    "CON-7 ends the page with the decision, and leads nowhere a second time: %s",
    async (first) => {
      const browser = new Browser(app);
      const { text } = await browser.authorize();
      const decided = await browser.decide(text, first);
      expect(decided.status).toBe(303);
      expect(decided.headers.getSetCookie()).toContainEqual(
        expect.stringMatching(/^__Host-consent-[\w-]{43}=; .*Max-Age=0$/),
      );
      for (const second of ["allow", "deny"]) {
        const { status, location, headers, lines } = await browser.decide(text, second);
        expect([status, location, headers.getSetCookie()]).toEqual([400, undefined, []]);
        expect(lines.map(({ event }) => event)).toEqual(["refused"]);
      }
    },
  );

  it("CON-7 keeps the page as long as nothing was decided", async () => {
    const browser = new Browser(app);
    const { text } = await browser.authorize();
    expect((await browser.decide(text, "maybe")).status).toBe(400);
    expect((await browser.decide(text, "allow", { ...SAME_ORIGIN, origin: "null" })).status).toBe(403);
    const { upstream } = app.dependencies;
    const out = async () => Promise.reject(new UpstreamError("unavailable", "timeout"));
    app.dependencies = { ...app.dependencies, upstream: { ...upstream, startSignIn: out } };
    expect((await browser.decide(text, "allow")).status).toBe(503);
    app.dependencies = { ...app.dependencies, upstream };
    expect((await browser.decide(text, "allow")).location?.origin).toBe(ENTRA);
  });

  it("CON-7 ends that page alone: another in the same browser still decides", async () => {
    const browser = new Browser(app);
    const pages = [await browser.authorize(), await browser.authorize({ state: "two" })];
    await browser.decide(pages[0]?.text ?? "", "deny");
    expect((await browser.decide(pages[1]?.text ?? "", "allow")).location?.origin).toBe(ENTRA);
  });

  it("CON-7 links a second press to the sign-in that the first began, and begins none", async () => {
    const browser = new Browser(app);
    const { text } = await browser.authorize();
    const { location } = await browser.decide(text, "allow");
    const again = await browser.decide(text, "allow");
    expect(again.text).toContain("You already allowed this");
    const href = /<a class="button primary" href="([^"]+)"/.exec(again.text)?.[1]?.replaceAll("&amp;", "&");
    expect(href).toBe(location?.href);
    expect(again.lines).toMatchObject([
      { event: "refused", fields: { endpoint: "consent", reason: "page_answered_before", servers: "graph" } },
    ]);
    const state = location?.searchParams.get("state") ?? "";
    expect((await browser.comeBack({ code: "c", state })).query["code"]).toBeTruthy();
  });

  it.each<[string, (browser: Browser, state: string) => Promise<unknown>]>([
    ["has ended", (browser, state) => browser.comeBack({ code: "c", state })],
    ["took too long", async () => sessions.clock.advance(600)],
    ["is for a server that is gone", async () => removeServers(app)],
    ["is in another browser", async (browser) => browser.cookies.splice(0)],
  ])("CON-7 explains itself, without any link, where the sign-in %s", async (_, meanwhile) => {
    const browser = new Browser(app);
    const { text } = await browser.authorize();
    const { location } = await browser.decide(text, "allow");
    await meanwhile(browser, location?.searchParams.get("state") ?? "");
    const again = await browser.decide(text, "allow");
    expect([again.status, again.location]).toEqual([400, undefined]);
    expect(again.text).toContain("This page was answered already");
    expect(again.text).not.toContain(ENTRA);
    expect(again.reasons).toEqual(["transaction_does_not_open"]);
  });

  it.each(["", "maybe", "ALLOW"])("refuses the decision %j", async (decision) => {
    const browser = new Browser(app);
    const { text } = await browser.authorize();
    const { status, location } = await browser.decide(text, decision);
    expect([status, location]).toEqual([400, undefined]);
  });
});
