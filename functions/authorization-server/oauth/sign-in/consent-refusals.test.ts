import { beforeEach, describe, expect, it } from "vitest";
import { SAME_ORIGIN } from "../../testing/browser.ts";
import { useSessions } from "../../testing/sessions.ts";
import { Browser, removeServers, type TestApp, withConfiguredClient } from "../../testing/sign-in.ts";

// What each refusal says to the client or to the person, and what the log says of it.

const sessions = useSessions();
let app: TestApp;
let browser: Browser;
beforeEach(() => {
  app = withConfiguredClient(sessions);
  browser = new Browser(app);
});

describe("POST /consent", () => {
  it.each<[string, string, Record<string, string>, number, string, string]>([
    [
      "from another site",
      "allow",
      { origin: "https://evil.example" },
      403,
      "was not sent from our page",
      "cross_site_form",
    ],
    ["without a decision", "", {}, 400, "came without a decision", "The form came without a decision."],
  ])("CON-3 refuses a form %s", async (_, decision, headers, status, words, reason) => {
    const answer = await browser.decide((await browser.authorize()).text, decision, {
      ...SAME_ORIGIN,
      ...headers,
    });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(words);
    expect(answer.lines).toMatchObject([
      { fields: { endpoint: "consent", error: "invalid_request", reason } },
    ]);
  });

  it("CON-3 refuses a page that this browser was not shown", async () => {
    const { text } = await browser.authorize();
    browser.cookies = [];
    const answer = await browser.decide(text, "allow");
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("was open for too long, or was opened in another browser");
    expect(answer.lines).toMatchObject([
      { fields: { endpoint: "consent", error: "invalid_request", reason: "transaction_does_not_open" } },
    ]);
  });

  it("CON-5 tells the client that the person denied it", async () => {
    const { query, lines } = await browser.decide((await browser.authorize()).text, "deny");
    expect(query).toMatchObject({
      error: "access_denied",
      error_description: "The person did not allow it.",
    });
    expect(lines).toMatchObject([{ event: "denied", fields: { servers: "graph" } }]);
  });

  it("tells the person when the server was removed meanwhile", async () => {
    const { text } = await browser.authorize();
    removeServers(app);
    const answer = await browser.decide(text, "allow");
    expect(answer.text).toContain("is no longer offered here");
    expect(answer.lines).toMatchObject([{ fields: { error: "invalid_target" } }]);
  });
});
