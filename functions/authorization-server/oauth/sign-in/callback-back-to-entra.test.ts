import { beforeEach, describe, expect, it } from "vitest";
import { userKey } from "../../sessions/user-key.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { REDIRECT_URI, USER, useSessions } from "../../testing/sessions.ts";
import { Browser, sessionsStored, type TestApp, withRegisteredClient } from "../../testing/sign-in.ts";
import { TestUpstream } from "../../testing/upstream.ts";
import { SignInTooOldError, UpstreamError } from "../../upstream/errors.ts";

// Sign-ins that Entra has to be asked for once more, or in another way.

const sessions = useSessions();
let app: TestApp;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
});

describe("GET /callback", () => {
  it("GW-9 sends the person to Entra once more when it wants claims, with a sign-in of its own, and stores nothing yet", async () => {
    const browser = new Browser(app);
    const state = await browser.approve();
    const before = await sessionsStored(sessions);
    const claims = '{"access_token":{"capolids":{"essential":true}}}';
    sessions.upstream.finishSignIn = () =>
      Promise.reject(new UpstreamError("refused", "AADSTS50076", claims));
    const again = await browser.comeBack({ code: "entra-code", state });
    expect(again.location?.origin).toBe("https://login.example");
    expect(again.location?.searchParams.get("claims")).toBe(claims);
    const next = again.location?.searchParams.get("state") ?? "";
    expect(next).not.toBe(state);
    expect(await sessionsStored(sessions)).toBe(before);

    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
    expect((await browser.comeBack({ code: "entra-code", state })).status).toBe(400);
    const { location } = await browser.comeBack({ code: "entra-code", state: next });
    expect(location?.searchParams.has("code")).toBe(true);
    expect(location?.searchParams.get("state")).toBe("s");
  });

  it("GW-9 sends nobody to Entra a third time, nor without claims", async () => {
    const browser = new Browser(app);
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

  it("hands prompt, max_age and login_hint on after consent, and logs no hint", async () => {
    const browser = new Browser(app);
    const login_hint = "mira.okafor@brightwater.example";
    await browser.approve({ prompt: "consent select_account", max_age: "60", login_hint });
    expect(sessions.upstream.wishes.at(-1)).toEqual({
      prompt: "select_account",
      maxAge: 60,
      loginHint: login_hint,
    });
    expect(JSON.stringify(browser.lines)).not.toContain("okafor");
    expect(browser.cookies.join()).not.toContain("okafor");
    await new Browser(app).approve();
    expect(sessions.upstream.wishes.at(-1)).toEqual({});
  });

  it("sends a person whose sign-in is too old to sign in anew, once, and tells the client when that did not help", async () => {
    const browser = new Browser(app);
    const state = await browser.approve({ max_age: "60", prompt: "select_account", login_hint: "mira" });
    const before = await sessionsStored(sessions);
    sessions.upstream.finishSignIn = () => Promise.reject(new SignInTooOldError());
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.origin).toBe("https://login.example");
    expect(sessions.upstream.wishes.at(-1)).toEqual({ prompt: "login", maxAge: 60, loginHint: "mira" });
    const again = location?.searchParams.get("state") ?? "";
    const refused = await browser.comeBack({ code: "entra-code", state: again });
    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
    expect(refused.location?.searchParams.get("error")).toBe("login_required");
    expect(refused.location?.searchParams.get("state")).toBe("s");
    expect(await sessionsStored(sessions)).toBe(before);
  });

  it("GW-9 asks for claims and for a new sign-in, each once, whichever comes first", async () => {
    const claims = '{"access_token":{"capolids":{"essential":true}}}';
    const tooOld = new SignInTooOldError();
    const wanting = new UpstreamError("refused", "AADSTS50076", claims);
    for (const errors of [
      [tooOld, wanting],
      [wanting, tooOld],
    ]) {
      const browser = new Browser(app);
      let state = await browser.approve({ max_age: "60" });
      for (const error of errors) {
        sessions.upstream.finishSignIn = () => Promise.reject(error);
        const { location } = await browser.comeBack({ code: "entra-code", state });
        expect(location?.origin).toBe("https://login.example");
        state = location?.searchParams.get("state") ?? "";
      }
      for (const error of errors) {
        sessions.upstream.finishSignIn = () => Promise.reject(error);
        const other = new Browser(app);
        other.cookies.push(...browser.cookies);
        const { location } = await other.comeBack({ code: "entra-code", state });
        expect(location?.origin).toBe(new URL(REDIRECT_URI).origin);
      }
      sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
    }
  });

  it("GW-9 asks Entra once more for what a backend wants of this person, and then no more", async () => {
    const browser = new Browser(app);
    const { clients } = app.dependencies;
    const claims = '{"access_token":{"acrs":{"value":"c1"}}}';
    const user = userKey(ISSUER, USER.tenantId, USER.objectId);
    await clients.oweClaims(app.clientId, { user, server: "graph", claims });
    const again = await browser.comeBack({ state: await browser.approve(), code: "c" });
    expect(again.query["claims"]).toBe(claims);
    const { query } = await browser.comeBack({ state: again.query["state"] ?? "", code: "c" });
    expect(query["code"]).toMatch(/^ac\./);
  });

  it("GW-9 asks nothing more of a sign-in without the server whose backend wants it", async () => {
    const { clients } = app.dependencies;
    const user = userKey(ISSUER, USER.tenantId, USER.objectId);
    const claims = '{"access_token":{"acrs":{"value":"c1"}}}';
    await clients.oweClaims(app.clientId, { user, server: "notes", claims });
    const [GRAPH, NOTES] = ["https://gw.example/mcp", "https://gw.example/notes/mcp"];
    const without = new Browser(app);
    const { query } = await without.comeBack({
      state: await without.approve({ resource: GRAPH }),
      code: "c",
    });
    expect(query["code"]).toMatch(/^ac\./);
    const other = new Browser(app);
    const asked = await other.comeBack({ state: await other.approve({ resource: NOTES }), code: "c" });
    expect(asked.query["claims"]).toBe(claims);
  });
});
