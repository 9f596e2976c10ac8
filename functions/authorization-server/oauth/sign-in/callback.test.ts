import { beforeEach, describe, expect, it } from "vitest";
import { parseCode } from "../../sessions/handles.ts";
import { StoreError } from "../../store/documents.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { useSessions } from "../../testing/sessions.ts";
import { Browser, sessionsStored, type TestApp, withRegisteredClient } from "../../testing/sign-in.ts";
import { TestUpstream } from "../../testing/upstream.ts";
import { UpstreamError } from "../../upstream/errors.ts";

const sessions = useSessions();
let app: TestApp;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
});

describe("GET /callback", () => {
  it("CAL-1 begins a session and brings the client its code, by one write", async () => {
    const browser = new Browser(app);
    // The first sign-in of all with a registration renews it.
    await browser.comeBack({ code: "entra-code", state: await browser.approve() });
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
    const browser = new Browser(app);
    const state = await browser.approve();
    await browser.comeBack({ code: "entra-code", state });
    const before = await sessionsStored(sessions);
    const astray = [
      await browser.comeBack({ code: "entra-code", state }),
      await new Browser(app).comeBack({ code: "entra-code", state }),
      await browser.comeBack({ code: "entra-code", state: `${state}x` }),
      await browser.comeBack({ code: "entra-code" }),
      await browser.comeBack({}),
    ];
    for (const { status, location } of astray) expect([status, location]).toEqual([400, undefined]);
    expect(await sessionsStored(sessions)).toBe(before);
  });

  it("CON-4 completes two sign-ins of one browser, in any order", async () => {
    const browser = new Browser(app);
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
    const browser = new Browser(app);
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
    const browser = new Browser(app);
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
    const browser = new Browser(app);
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
    const browser = new Browser(app);
    const state = await browser.approve();
    const before = await sessionsStored(sessions);
    sessions.upstream.finishSignIn = () => Promise.reject(new UpstreamError(kind, "AADSTS54005"));
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.searchParams.get("error")).toBe(expected);
    expect(await sessionsStored(sessions)).toBe(before);
    sessions.upstream.finishSignIn = TestUpstream.prototype.finishSignIn;
  });

  it("CLI-8 CLI-14 notes the first use of a registration, and the first of a day, and signs in all the same when it cannot", async () => {
    const browser = new Browser(app);
    for (const hours of [23, 24]) {
      sessions.clock.advance(hours * 3600);
      const noted = await browser.approve();
      sessions.store.operations();
      await browser.comeBack({ code: "entra-code", state: noted });
      expect(sessions.store.operations()).toEqual({
        "sessions create": 1,
        "clients read": 1,
        "clients replace": 1,
      });
    }
    sessions.clock.advance(24 * 3600);
    const state = await browser.approve();
    const outage = new StoreError("unavailable", { cause: new Error("x") });
    app.dependencies = {
      ...app.dependencies,
      clients: { ...app.dependencies.clients, noteUse: () => Promise.reject(outage) },
    };
    const { location } = await browser.comeBack({ code: "entra-code", state });
    expect(location?.searchParams.has("code")).toBe(true);
    expect(browser.lines).toContainEqual(expect.objectContaining({ event: "client_use_not_noted" }));
  });

  it("CLI-8 signs in also when the registration's use cannot be noted, and says so", async () => {
    const browser = new Browser(app);
    const noteUse = () => Promise.reject(new StoreError("unavailable", { cause: undefined }));
    app.dependencies = { ...app.dependencies, clients: { ...app.dependencies.clients, noteUse } };
    const { query, lines } = await browser.comeBack({
      state: await browser.approve(),
      code: "c",
    });
    expect(query["code"]).toMatch(/^ac\./);
    const fields = { client: app.clientId, reason: "StoreError" };
    expect(lines).toContainEqual({ level: "warn", event: expect.any(String), fields });
  });

  it("logs no code, verifier, cookie or state", async () => {
    const browser = new Browser(app);
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
