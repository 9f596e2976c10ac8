import { beforeAll, describe, expect, it } from "vitest";
import { type Changes, OAuthClient, withChanges } from "../support/oauth-client.ts";
import { formOf, plainText } from "../support/page.ts";
import { Person } from "../support/person.ts";
import { unchangedStore } from "../support/unchanged-store.ts";
import { useTwin } from "../support/use-twin.ts";

const REDIRECT_URI = "http://localhost:9999/callback";

const twin = useTwin();
let client: OAuthClient;

beforeAll(async () => {
  client = await OAuthClient.register(twin.origin);
});

const store = unchangedStore(() => twin);

describe("/authorize, while it is not known who asks and where to answer", () => {
  const request = (changes: Changes) => {
    const { url } = client.authorizationRequest(changes);
    return url;
  };

  it.each([
    ["client_id is missing", () => request({ client_id: undefined })],
    ["client_id is repeated", () => `${request({})}&client_id=another`],
    ["is not registered", () => request({ client_id: "unknown" })],
    ["is not registered", () => request({ client_id: "AAAAAAAAAAAAAAAAAAAAAA" })],
    ["is not registered", () => request({ client_id: "../../clients" })],
    ["redirect_uri", () => request({ redirect_uri: "https://evil.example/callback" })],
    ["redirect_uri", () => request({ redirect_uri: `${REDIRECT_URI}/more` })],
    ["redirect_uri", () => request({ redirect_uri: `${REDIRECT_URI}?more=1` })],
    ["redirect_uri", () => request({ redirect_uri: REDIRECT_URI.replace("localhost", "127.0.0.1") })],
    ["redirect_uri is repeated", () => `${request({})}&redirect_uri=https://evil.example/`],
  ])("CLI-7 AUT-2 shows a page that says: %s", async (word, url) => {
    const page = await new Person(twin).openPage(url());
    expect(page.status).toBe(400);
    expect(plainText(page.html)).toContain(word);
    expect(page.headers.has("location")).toBe(false);
    expect(page.html).not.toContain("evil.example");
  });

  it("AUT-2 does not choose among several redirect URIs", async () => {
    const several = await OAuthClient.register(twin.origin, {
      redirect_uris: [REDIRECT_URI, "https://a.example/callback"],
    });
    await store.remember();
    const { url } = several.authorizationRequest({ redirect_uri: undefined });
    const page = await new Person(twin).openPage(url);
    expect([page.status, plainText(page.html)]).toEqual([400, expect.stringContaining("redirect_uri")]);
  });
});

describe("/authorize, from then on", () => {
  it.each([
    [{ response_type: undefined }, "invalid_request", "response_type is missing"],
    [{ response_type: "token" }, "unsupported_response_type", "code"],
    [{ response_type: "code id_token" }, "unsupported_response_type", "code"],
    [{ response_mode: "fragment" }, "invalid_request", "response_mode"],
    [{ code_challenge: undefined }, "invalid_request", "code_challenge is missing"],
    [{ code_challenge: "short" }, "invalid_request", "code_challenge"],
    [{ code_challenge_method: "plain" }, "invalid_request", "S256"],
    [{ code_challenge_method: undefined }, "invalid_request", "S256"],
    [{ resource: "https://elsewhere.example/mcp" }, "invalid_target", "resource"],
    [{ resource: "nonsense" }, "invalid_target", "resource"],
    [{ scope: "unheard.of" }, "invalid_scope", "scope"],
    [{ prompt: "none" }, "consent_required", "approve"],
    [{ request: "eyJ" }, "request_not_supported", "not supported"],
    [{ request_uri: "https://a.example/r" }, "request_not_supported", "not supported"],
  ] as const)("AUT-1 AUT-2 AUT-3 tells the client about %j", async (changes, error, word) => {
    const state = "kept+/=";
    const { url } = client.authorizationRequest({ ...changes, state });
    const arrival = await new Person(twin).open(url);
    const answer = new URL("atClient" in arrival ? arrival.atClient : "about:page");
    expect(`${answer.origin}${answer.pathname}`).toBe(REDIRECT_URI);
    expect(answer.searchParams.get("error")).toBe(error);
    expect(answer.searchParams.get("error_description")).toContain(word);
    expect(answer.searchParams.get("state")).toBe(state);
    expect(answer.searchParams.get("iss")).toBe(twin.origin);
    expect(answer.searchParams.has("code")).toBe(false);
  });

  it("AUT-2 tells the client that its redirect URI and state are together too long", async () => {
    const redirectUri = `${REDIRECT_URI}/${"r".repeat(850)}`;
    const long = await OAuthClient.register(twin.origin, { redirect_uris: [redirectUri] });
    await store.remember();
    const { url } = long.authorizationRequest({ state: "s".repeat(900) });
    const arrival = await new Person(twin).open(url);
    const answer = new URL("atClient" in arrival ? arrival.atClient : "about:page");
    expect(answer.searchParams.get("error")).toBe("invalid_request");
    expect(answer.searchParams.get("error_description")).toContain("too long");
  });

  it("CAL-4 asks nothing of the authorization server with a query that API Management does not take", async () => {
    const { url } = client.authorizationRequest({ state: "s".repeat(2048) });
    const { length: asked } = await twin.allLogs();
    expect((await new Person(twin).openPage(url)).status).toBe(404);
    const lines = (await twin.allLogs())
      .slice(asked)
      .filter(({ component }) => component === "authorization-server");
    expect(lines).toEqual([]);
  });

  it.each(["response_type", "code_challenge", "code_challenge_method", "state", "scope"])(
    "AUT-1 refuses a repeated %s",
    async (name) => {
      const { url } = client.authorizationRequest({ [name]: undefined });
      const arrival = await new Person(twin).open(`${url}&${name}=first&${name}=second`);
      const answer = new URL("atClient" in arrival ? arrival.atClient : "about:page");
      expect(answer.searchParams.get("error")).toBe("invalid_request");
      expect(answer.searchParams.get("error_description")).toBe(`${name} is repeated.`);
    },
  );

  it("AUT-3 takes a repeated resource (RFC 8707 §2), and refuses all when one of them is none of ours", async () => {
    const twice = client.authorizationRequest({ resource: [twin.mcpUrl, `${twin.mcpUrl}/`] });
    expect((await new Person(twin).openPage(twice.url)).status).toBe(200);
    const astray = client.authorizationRequest({ resource: [twin.mcpUrl, "https://evil.example/mcp"] });
    const arrival = await new Person(twin).open(astray.url);
    const answer = new URL("atClient" in arrival ? arrival.atClient : "about:page");
    expect(answer.searchParams.get("error")).toBe("invalid_target");
  });

  it("AUT-3 takes upper case in scheme and host, and one slash at the end, for the same resource", async () => {
    for (const resource of [`${twin.mcpUrl}/`, twin.mcpUrl.replace("http://localhost", "HTTP://LOCALHOST")]) {
      const page = await new Person(twin).openPage(client.authorizationRequest({ resource }).url);
      expect(page.status).toBe(200);
    }
    for (const resource of [`${twin.mcpUrl}//`, `${twin.mcpUrl}#a`, twin.mcpUrl.toUpperCase()]) {
      const arrival = await new Person(twin).open(client.authorizationRequest({ resource }).url);
      expect("atClient" in arrival && arrival.atClient).toContain("error=invalid_target");
    }
  });
});

describe("/consent and /callback", () => {
  it.each([
    ["no decision", { decision: undefined }],
    ["another decision", { decision: "maybe" }],
    ["no transaction", { transaction: undefined }],
    ["a garbage transaction", { transaction: "garbage" }],
    ["a transaction of another shape", { transaction: "a.b.c.d.e" }],
  ] as const)("refuse a form with %s", async (_, changes) => {
    const person = new Person(twin);
    const page = await person.openPage(client.authorizationRequest().url);
    const form = formOf(page);
    const fields = Object.fromEntries(withChanges({ ...form.fields, decision: "allow" }, changes));
    const arrival = await person.send(page, form, fields);
    expect("page" in arrival && arrival.page.status).toBe(400);
  });

  it.each(["", "?state=", "?state=unknown&code=1.x", "?code=1.x", "?state=a&state=b&code=1.x", "?error=x"])(
    "CAL-1 answer /callback%s with a page",
    async (query) => {
      const page = await new Person(twin).openPage(`${twin.origin}/callback${query}`);
      expect(page.status).toBe(400);
      expect(page.headers.get("content-type")).toContain("text/html");
    },
  );
});
