import { beforeEach, describe, expect, it } from "vitest";
import { USER, useSessions } from "../../testing/sessions.ts";
import { Browser, removeServers, type TestApp, withConfiguredClient } from "../../testing/sign-in.ts";

// What each refusal says to the client or to the person, and what the log says of it.

const sessions = useSessions();
let app: TestApp;
let browser: Browser;
beforeEach(() => {
  app = withConfiguredClient(sessions);
  browser = new Browser(app);
});

describe("GET /callback", () => {
  it.each([
    [{ code: "c" }, "entra-answer", "no_state_of_ours"],
    [{ state: "x", code: "c" }, "entra-answer", "no_state_of_ours"],
    [{ state: `tro90l176.${"A".repeat(22)}`, code: "c" }, "callback", "no_flow_in_this_browser"],
  ] as const)(
    "CAL-1 refuses a sign-in that this browser did not start, or that names none: %o",
    async (answer, endpoint, reason) => {
      await browser.approve();
      const { status, text, lines } = await browser.comeBack(answer);
      expect(status).toBe(400);
      expect(text).toContain("This sign-in was not started in this browser, or it is already finished.");
      expect(lines).toMatchObject([{ fields: { endpoint, error: "invalid_request", reason } }]);
    },
  );

  it("CAL-1 tells the client of a sign-in that took too long", async () => {
    const state = await browser.approve();
    sessions.clock.advance(600);
    const { query, lines } = await browser.comeBack({ state, code: "c" });
    expect(query).toMatchObject({ error: "access_denied", error_description: "The sign-in took too long." });
    expect(lines).toMatchObject([{ fields: { endpoint: "callback", reason: "flow_expired" } }]);
  });

  it("CAL-3 takes Entra's number out of what it says, for the log", async () => {
    const state = await browser.approve();
    const { reasons } = await browser.comeBack({
      state,
      error: "access_denied",
      error_description: "AADSTS65004: no",
    });
    expect(reasons).toEqual(["entra_error access_denied AADSTS65004"]);
  });

  it("tells the client when the server was removed meanwhile", async () => {
    const state = await browser.approve();
    removeServers(app);
    const { query, lines } = await browser.comeBack({ state, code: "c" });
    expect(query).toMatchObject({
      error: "server_error",
      error_description: "The MCP server is no longer configured.",
    });
    expect(lines).toMatchObject([{ level: "error", fields: { endpoint: "callback" } }]);
  });

  it("CAL-3 tells the client, by a link of the page, that the person may not use the server", async () => {
    sessions.upstream.rolesAt = () => ["Other"];
    const { status, text, lines } = await browser.comeBack({ state: await browser.approve(), code: "c" });
    expect(status).toBe(403);
    expect(text).toContain("The+person+may+not+use+this+server.");
    expect(lines).toMatchObject([
      {
        event: "refused",
        fields: { endpoint: "callback", error: "access_denied", reason: "role_missing", user: USER.objectId },
      },
    ]);
  });
});
