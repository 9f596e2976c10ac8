import { beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../../store/documents.ts";
import { ISSUER } from "../../testing/gateway.ts";
import { REDIRECT_URI, useSessions } from "../../testing/sessions.ts";
import { Browser, type TestApp, withRegisteredClient } from "../../testing/sign-in.ts";

const sessions = useSessions();
let app: TestApp;
beforeEach(async () => {
  app = await withRegisteredClient(sessions);
});

describe("GET /authorize", () => {
  it("CON-1 shows the consent page by one point read, and no more", async () => {
    const { status, headers, text } = await new Browser(app).authorize();
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).not.toContain("form-action");
    expect(text).toContain("Client");
    expect(sessions.store.operations()).toEqual({ "clients read": 1 });
  });

  it.each([
    { client_id: undefined },
    { client_id: "x".repeat(22) },
    { redirect_uri: "https://evil.example/cb" },
    { redirect_uri: `${REDIRECT_URI}/../x` },
  ])("AUT-2 CLI-7 shows a page and goes nowhere: %j", async (changes) => {
    const { status, location, text } = await new Browser(app).authorize(changes);
    expect(status).toBe(400);
    expect(location).toBeUndefined();
    expect(text).toContain("correlation-1");
  });

  it.each([
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ code_challenge: undefined }, "invalid_request"],
    [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ prompt: "none" }, "consent_required"],
    [{ prompt: "none login" }, "invalid_request"],
    [{ max_age: "-1" }, "invalid_request"],
    [{ login_hint: "a\nb" }, "invalid_request"],
    [{ resource: "https://evil.example/mcp" }, "invalid_target"],
    [{ scope: "made.up" }, "invalid_scope"],
    [{ state: "s".repeat(2400) }, "invalid_request"],
  ])("AUT-2 tells the client, with state and iss: %j", async (changes, error) => {
    const { status, location, headers } = await new Browser(app).authorize(changes);
    expect(status).toBe(303);
    expect(`${location?.origin}${location?.pathname}`).toBe(REDIRECT_URI);
    expect(location?.searchParams.get("error")).toBe(error);
    expect(location?.searchParams.get("iss")).toBe(ISSUER);
    expect(location?.searchParams.get("state")).toMatch(/^s+$/);
    expect(headers.getSetCookie()).toEqual([]);
  });

  it("AUT-1 tells the client of a repeated parameter, and echoes no repeated state", async () => {
    const query = new URLSearchParams({ client_id: app.clientId, redirect_uri: REDIRECT_URI, scope: "a" });
    const path = `/authorize?${query}&state=1&state=2&scope=b`;
    const { location } = await new Browser(app).send("authorize", path);
    expect(location?.searchParams.get("error")).toBe("invalid_request");
    expect(location?.searchParams.has("state")).toBe(false);
  });

  it("SES-4 shows a page when the store is out", async () => {
    const outage = new StoreError("unavailable", { cause: new Error("x") });
    app.dependencies = {
      ...app.dependencies,
      clients: { ...app.dependencies.clients, find: () => Promise.reject(outage) },
    };
    const { status, location } = await new Browser(app).authorize();
    expect([status, location]).toEqual([503, undefined]);
  });

  it.each([
    [REDIRECT_URI, REDIRECT_URI],
    ["", undefined],
  ])(
    "TOK-3 binds the code to the redirect URI that the client named, if it did: %j",
    async (named, bound) => {
      const browser = new Browser(app);
      const { query } = await browser.comeBack({
        state: await browser.approve({ redirect_uri: named }),
        code: "c",
      });
      const [, session = ""] = /^ac\.[^.]+\.([^.]+)/.exec(query["code"] ?? "") ?? [];
      expect((await sessions.stored(session)).code.redirectUri).toBe(bound);
    },
  );
});
