import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SAME_ORIGIN } from "../../testing/browser.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { type Sessions, startSessions } from "../../testing/sessions.ts";
import { Browser, type Stage, withRegisteredClient } from "../../testing/sign-in.ts";

let sessions: Sessions;
let stage: Stage;
beforeAll(async () => {
  sessions = await startSessions();
});
afterAll(() => sessions.stop());
beforeEach(async () => {
  stage = await withRegisteredClient(sessions);
});

describe("POST /consent", () => {
  it("CON-1 leads on to Entra when the person allows it, without the store", async () => {
    const browser = new Browser(stage);
    const { text } = await browser.authorize();
    sessions.store.operations();
    const { status, location } = await browser.decide(text, "allow");
    expect(status).toBe(303);
    expect(location?.origin).toBe("https://login.example");
    expect(sessions.store.operations()).toEqual({});
  });

  it("CON-5 brings access_denied to the client when the person denies it", async () => {
    const browser = new Browser(stage);
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
    const browser = new Browser(stage);
    const { text } = await browser.authorize();
    const { status, location } = await browser.decide(text, "allow", headers);
    expect([status, location]).toEqual([403, undefined]);
  });

  it("CON-3 refuses a form in another browser, and one that is too old", async () => {
    const browser = new Browser(stage);
    const { text } = await browser.authorize();
    expect((await new Browser(stage).decide(text, "allow")).status).toBe(400);
    sessions.clock.advance(600);
    expect((await browser.decide(text, "allow")).status).toBe(400);
  });

  it.each(["", "maybe", "ALLOW"])("refuses the decision %j", async (decision) => {
    const browser = new Browser(stage);
    const { text } = await browser.authorize();
    const { status, location } = await browser.decide(text, decision);
    expect([status, location]).toEqual([400, undefined]);
  });
});
