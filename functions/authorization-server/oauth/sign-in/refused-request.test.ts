import { beforeEach, describe, expect, it } from "vitest";
import { ISSUER } from "../../testing/gateway.ts";
import { useSessions } from "../../testing/sessions.ts";
import {
  Browser,
  registeredId,
  removeServers,
  type TestApp,
  withConfiguredClient,
} from "../../testing/sign-in.ts";

// What each refusal says to the client or to the person, and what the log says of it.

const sessions = useSessions();
let app: TestApp;
let browser: Browser;
beforeEach(() => {
  app = withConfiguredClient(sessions);
  browser = new Browser(app);
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
      app.clientId = await registeredId(app.dependencies, redirectUri);
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
      expect(lines).toMatchObject([{ fields: { endpoint: "authorize", client: app.clientId } }]);
    });

    it.each([
      ["com.example.app:/cb", "com.example.app:"],
      ["cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"],
    ])(
      "AUT-7 opens no application at once, and says which scheme its link opens: %s",
      async (redirectUri, scheme) => {
        for (const changes of [{ response_type: "token" }, { prompt: "none" }, { scope: "other" }]) {
          const { status, location, text } = await refused(redirectUri, changes);
          expect([status, location]).toEqual([400, undefined]);
          expect(text).toContain(`that <strong>${scheme}</strong> belongs to`);
          const href = /<a class="button primary" href="([^"]+)"/.exec(text)?.[1] ?? "";
          expect(href.startsWith(`${redirectUri}?error=`)).toBe(true);
        }
      },
    );

    it.each(["http://127.0.0.1:1/cb", "https://localhost:1/cb"])(
      "AUT-2 AUT-7 tells a program on the person's own device at once: %s",
      async (redirectUri) => {
        const { status, location } = await refused(redirectUri);
        expect([status, location?.searchParams.get("error")]).toEqual([303, "unsupported_response_type"]);
      },
    );
  });

  it("AUT-7 tells a client that the operator entered at once, in a scheme of its own, too", async () => {
    const clients = [{ id: "acme", name: "Acme", redirectUris: ["acme://cb"] }];
    app = { ...withConfiguredClient(sessions, { clients }), clientId: "acme" };
    browser = new Browser(app);
    const { status, location } = await browser.authorize({
      redirect_uri: "acme://cb",
      response_type: "token",
    });
    expect([status, location?.protocol]).toEqual([303, "acme:"]);
  });

  it("CLI-9 CLI-10 tells the person, and redirects nowhere, where a stored redirect URI is refused by now", async () => {
    const { find } = app.dependencies.clients;
    for (const [uri, fault] of [
      ["http://localhost:1/cb?iss=https://evil.example", "redirect_uri brings the parameter iss"],
      ["microsoft-edge:https://evil.example", "redirect_uri has the scheme microsoft-edge:"],
    ] as const) {
      const clients = {
        ...app.dependencies.clients,
        find: async (id: string) => {
          const client = await find(id);
          return client && { ...client, origin: "registered" as const, redirectUris: [uri] };
        },
      };
      app.dependencies = { ...app.dependencies, clients };
      const { status, location, text, reasons } = await browser.authorize({ redirect_uri: uri });
      expect([status, location]).toEqual([400, undefined]);
      expect(text).toContain(fault);
      expect(text).not.toContain("evil.example");
      expect(reasons).toEqual(["redirect_uri_not_allowed"]);
    }
  });

  it("AUT-3 tells the client when there is no server at all", async () => {
    removeServers(app);
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
