import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ISSUER } from "../../testing/gateway.ts";
import { type Sessions, startSessions } from "../../testing/sessions.ts";
import {
  Browser,
  registeredId,
  removeServers,
  type Stage,
  withConfiguredClient,
} from "../../testing/sign-in.ts";

// What each refusal says to the client or to the person, and what the log says of it.

let sessions: Sessions;
let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  sessions = await startSessions();
});
afterAll(() => sessions.stop());
beforeEach(() => {
  stage = withConfiguredClient(sessions);
  browser = new Browser(stage);
});

describe("GET /authorize", () => {
  it.each<[Record<string, string>, string, string]>([
    [{ response_type: "token" }, "unsupported_response_type", "response_type must be code."],
    [{ response_mode: "fragment" }, "invalid_request", "response_mode must be query."],
    [{ request: "x" }, "request_not_supported", "Request objects are not supported."],
    [{ request_uri: "urn:x" }, "request_not_supported", "Request objects are not supported."],
    [{ code_challenge_method: "" }, "invalid_request", "code_challenge_method must be S256."],
    [{ prompt: "none" }, "consent_required", "The person has to approve the request."],
    [{ scope: "other" }, "invalid_scope", "None of the scopes belongs to this resource."],
  ])("AUT-2 tells the client what is wrong with %j", async (changes, error, error_description) => {
    const { status, headers, query, lines } = await browser.authorize(changes);
    expect(status).toBe(303);
    expect(query).toMatchObject({ error, error_description, iss: ISSUER });
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(lines).toMatchObject([{ fields: { endpoint: "authorize", error, reason: error_description } }]);
  });

  describe("of a client that the operator did not enter", () => {
    const SITE = "https://client.example:8443/cb?tenant=a";

    async function refused(
      redirectUri: string,
      changes: Record<string, string> = { response_type: "token" },
    ) {
      stage.clientId = await registeredId(stage.dependencies, redirectUri);
      return browser.authorize({ redirect_uri: redirectUri, state: "s&%20", ...changes });
    }

    it.each([
      { response_type: "token" },
      { prompt: "none" },
      { scope: "other" },
      { resource: "https://x.example" },
    ])("AUT-2 leads nobody to its site at once, and says where its link leads: %j", async (changes) => {
      const { status, location, text, lines } = await refused(SITE, changes);
      expect([status, location]).toEqual([400, undefined]);
      expect(text).toContain("<strong>client.example:8443</strong>");
      expect(text).toContain('<p class="name"><bdi>Client</bdi></p>');
      expect(text).toContain(">Back to the application</a>");
      const href = /<a class="button primary" href="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "";
      expect(href.startsWith(`${SITE}&error=`)).toBe(true);
      expect(href).toContain(`&iss=${encodeURIComponent(ISSUER)}`);
      expect(href.endsWith("&state=s%26%2520")).toBe(true);
      expect(lines).toMatchObject([{ fields: { endpoint: "authorize", client: stage.clientId } }]);
    });

    it.each(["http://127.0.0.1:1/cb", "https://localhost:1/cb", "com.example.app:/cb"])(
      "AUT-2 tells a program on the person's own device at once: %s",
      async (redirectUri) => {
        const { status, location } = await refused(redirectUri);
        expect([status, location?.searchParams.get("error")]).toEqual([303, "unsupported_response_type"]);
      },
    );
  });

  it("AUT-3 tells the client when there is no server at all", async () => {
    removeServers(stage);
    expect((await browser.authorize()).query).toMatchObject({
      error: "invalid_target",
      error_description: "No MCP server is configured.",
    });
  });

  it.each<[Record<string, string>, string, string]>([
    [
      { redirect_uri: "https://evil.example/cb" },
      "did not register (redirect_uri)",
      "redirect_uri_not_registered",
    ],
    [{ client_id: "x".repeat(22) }, "is not registered here", "client_unknown"],
  ])("AUT-2 tells the person what is wrong with %j", async (changes, words, reason) => {
    const { status, text, lines } = await browser.authorize(changes);
    expect(status).toBe(400);
    expect(text).toContain("This sign-in cannot go on");
    expect(text).toContain(words);
    expect(lines).toMatchObject([{ fields: { endpoint: "authorize", reason } }]);
  });
});
