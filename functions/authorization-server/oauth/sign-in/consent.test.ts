import { beforeEach, describe, expect, it } from "vitest";
import { SAME_ORIGIN, tickedOn } from "../../testing/browser.ts";
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

  it("CON-8 grants what is left ticked, and says so to the client", async () => {
    const browser = new Browser(app);
    const { text } = await browser.authorize({ scope: "mcp.tools mcp.admin offline_access" });
    expect(tickedOn(text)).toEqual(["mcp.admin", "offline_access"]);
    const { location } = await browser.decide(text, "allow", SAME_ORIGIN, {}, ["offline_access"]);
    const back = await browser.comeBack({ code: "c", state: location?.searchParams.get("state") ?? "" });
    const [, , session = ""] = (back.query["code"] ?? "").split(".");
    const { scopes, leftOut } = await sessions.stored(session);
    expect([scopes, leftOut]).toEqual([["mcp.tools", "offline_access"], ["mcp.admin"]]);
  });

  it("CON-8 gives no refresh token where the person leaves staying connected out", async () => {
    const browser = new Browser(app);
    const { text } = await browser.authorize({ scope: "mcp.tools offline_access" });
    const { location } = await browser.decide(text, "allow", SAME_ORIGIN, {}, []);
    const back = await browser.comeBack({ code: "c", state: location?.searchParams.get("state") ?? "" });
    const [, , session = ""] = (back.query["code"] ?? "").split(".");
    const { scopes, client } = await sessions.stored(session);
    expect([scopes, client.grantTypes]).toEqual([["mcp.tools"], ["authorization_code"]]);
  });

  it("CON-8 takes allowing nothing for a denial", async () => {
    const browser = new Browser(app);
    const { text } = await browser.authorize({ scope: "mcp.admin" });
    const { query, lines } = await browser.decide(text, "allow", SAME_ORIGIN, {}, []);
    expect(query["error"]).toBe("access_denied");
    expect(lines).toMatchObject([{ event: "denied" }]);
  });

  it.each([
    ["a scope that was not requested", ["mcp.admin"]],
    ["a required one, which has no box", ["mcp.tools"]],
    ["another server's", ["notes.write"]],
    ["one in another case", ["OFFLINE_ACCESS"]],
    ["several in one value", ["offline_access mcp.admin"]],
    ["nothing", [""]],
    ["a good one and another", ["offline_access", "mcp.admin"]],
    ["a member of every object", ["__proto__"]],
  ])("CON-8 decides nothing by a form that ticks %s", async (_, ticked) => {
    const browser = new Browser(app);
    const { text } = await browser.authorize({ scope: "mcp.tools offline_access" });
    const { status, location, headers, reasons } = await browser.decide(
      text,
      "allow",
      SAME_ORIGIN,
      {},
      ticked,
    );
    expect([status, location, headers.getSetCookie()]).toEqual([400, undefined, []]);
    expect(reasons).toEqual(["scope_not_offered"]);
    expect((await browser.decide(text, "allow")).status).toBe(303);
  });

  it("CON-8 makes no difference of a box that comes twice, and none to a denial", async () => {
    const browser = new Browser(app);
    const { text } = await browser.authorize({ scope: "mcp.tools offline_access" });
    const twice = await browser.decide(text, "allow", SAME_ORIGIN, {}, ["offline_access", "offline_access"]);
    expect(twice.lines).toMatchObject([{ fields: { scopes: "mcp.tools offline_access" } }]);
    const again = await browser.authorize({ scope: "mcp.tools" });
    const { query } = await browser.decide(again.text, "deny", SAME_ORIGIN, {}, ["mcp.admin"]);
    expect(query["error"]).toBe("access_denied");
  });

  it("CON-8 sets apart what was allowed earlier in this browser from what is new, and forgets what is left out", async () => {
    const browser = new Browser(app);
    const asked = { scope: "mcp.tools mcp.admin", resource: `${ISSUER}/mcp` };
    const shown = async (changes: Readonly<Record<string, string>> = asked, by = browser) => {
      const { text } = await by.authorize(changes);
      const [, earlier = "", added = text] =
        /You allowed this earlier in this browser(.*)This is new(.*)/s.exec(text) ?? [];
      const of = (part: string) =>
        ["use the tools", "change the tools", "stay connected"].filter((each) => part.includes(each));
      return { text, earlier: of(earlier), added: of(added) };
    };
    const all = ["use the tools", "change the tools", "stay connected"];
    expect(await shown()).toMatchObject({ earlier: [], added: all });
    const { text } = await browser.authorize({ ...asked, scope: "mcp.tools" });
    sessions.store.operations();
    await browser.decide(text, "allow");
    expect(sessions.store.operations()).toEqual({});
    const stepUp = await shown();
    expect(stepUp).toMatchObject({
      earlier: ["use the tools", "stay connected"],
      added: ["change the tools"],
    });
    expect(await shown(asked, new Browser(app))).toMatchObject({ earlier: [] });
    expect(await shown({ ...asked, resource: "" })).toMatchObject({ earlier: [], added: all });
    await browser.decide(stepUp.text, "allow", SAME_ORIGIN, {}, ["mcp.admin"]);
    expect(await shown()).toMatchObject({
      earlier: ["use the tools", "change the tools"],
      added: ["stay connected"],
    });
  });

  it.each(["", "maybe", "ALLOW"])("refuses the decision %j", async (decision) => {
    const browser = new Browser(app);
    const { text } = await browser.authorize();
    const { status, location } = await browser.decide(text, decision);
    expect([status, location]).toEqual([400, undefined]);
  });
});
