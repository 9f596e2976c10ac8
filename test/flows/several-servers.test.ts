import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import exampleConfig from "../../examples/two-servers.config.ts";
import { OAuthClient, send, type Tokens, tokensOf, toolResult } from "../support/oauth-client.ts";
import { plainText } from "../support/page.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../support/person.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const TESS = "Tess Marlow";

const twin = useOwnTwin(() => exampleConfig, { recordIssued: true });
let graphUrl: string;
let notesUrl: string;

beforeAll(async () => {
  [graphUrl, notesUrl] = twin.resolved.servers.map((server) => server.resource) as [string, string];
});

const both = () => ({ resource: [graphUrl, notesUrl], scope: "mcp.tools notes.write offline_access" });

/** Signs in for both servers, and gets an access token for each. */
async function signInForBoth(client: OAuthClient, user = MIRA) {
  const graph = await client.signIn(new Person(twin), user, both());
  const notes = tokensOf(await client.refresh(graph.refreshToken, { resource: notesUrl }));
  return { graph: graph.accessToken, notes: notes.accessToken, refreshToken: notes.refreshToken };
}

/** Entra's tokens that were issued meanwhile, by audience. */
async function issuedDuring(work: () => Promise<unknown>) {
  const before = new Set(twin.entra.issued());
  await work();
  return [...twin.entra.issued()].filter((token) => !before.has(token) && token.split(".").length === 3);
}

const textOf = (answer: Parameters<typeof toolResult>[0]) =>
  (toolResult(answer)["content"] as { text: string }[]).map(({ text }) => text);

describe("one sign-in for two MCP servers", () => {
  it("CON-2 asks once, on a page that lists both, and sends the person to Entra once", async () => {
    const person = new Person(twin);
    const client = await OAuthClient.register(twin.origin, { client_name: "Notebook" });
    const request = client.authorizationRequest(both());
    const consent = await person.openPage(request.url);
    const shown = plainText(consent.html);
    for (const fact of [
      "Microsoft Graph and Notes",
      "Microsoft Graph: use this server's tools in your name",
      "Notes: read and add your notes",
      "stay connected",
      graphUrl,
      notesUrl,
    ]) {
      expect(shown).toContain(fact);
    }
    const entra = arrivedAtPage(await person.press(consent, "Allow"));
    const code = client.code(arrivedAtClient(await person.press(entra, MIRA)));
    const answer = await client.redeem(request, code);
    expect(answer.json["scope"]).toBe("mcp.tools offline_access");
    expect(decodeJwt(tokensOf(answer).accessToken).aud).toBe(graphUrl);
  });

  it("TOK-6 gives an access token for the other server by refresh, with its audience and scopes", async () => {
    const client = await OAuthClient.register(twin.origin);
    const first = await client.signIn(new Person(twin), MIRA, both());
    const refreshed = await client.refresh(first.refreshToken, { resource: notesUrl });
    expect(refreshed.json["scope"]).toBe("notes.write offline_access");
    const tokens = tokensOf(refreshed);
    expect(decodeJwt(tokens.accessToken)).toMatchObject({
      aud: notesUrl,
      sid: decodeJwt(first.accessToken)["sid"],
    });
    const back = tokensOf(await client.refresh(tokens.refreshToken, { resource: graphUrl }));
    expect(decodeJwt(back.accessToken)).toMatchObject({ aud: graphUrl, scope: "mcp.tools offline_access" });
  });

  it("TOK-3 redeems the code for the server that the client names", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { request, code } = await client.authorize(new Person(twin), MIRA, both());
    const tokens = tokensOf(await client.redeem(request, code, { resource: notesUrl }));
    expect(decodeJwt(tokens.accessToken).aud).toBe(notesUrl);
  });

  it("GW-2 hands each server the user's Entra token for its own application", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { graph, notes } = await signInForBoth(client);
    expect(textOf(await client.callTool(notesUrl, notes, "add_note", { text: "Buy milk" }))).toEqual([
      "Kept note 1.",
    ]);
    expect(textOf(await client.callTool(notesUrl, notes, "list_notes"))).toEqual(["Buy milk"]);
    expect(toolResult(await client.callTool(graphUrl, graph, "whoami"))).toMatchObject({ name: MIRA });
  });

  it("GW-2 gets Entra's tokens for both at the sign-in, for two audiences, and the notes server takes its own alone", async () => {
    const client = await OAuthClient.register(twin.origin);
    const issued = await issuedDuring(() => signInForBoth(client));
    const tokenFor = (clientId: string) =>
      issued.find((token) => decodeJwt(token).aud === clientId && decodeJwt(token)["scp"] !== undefined);
    const { graphMcp, notes } = twin.tenant;
    const tokens = { graph: tokenFor(graphMcp.clientId), notes: tokenFor(notes.clientId) };
    expect(tokens.graph).toBeDefined();
    expect(tokens.notes).toBeDefined();
    const { backendUrl = "" } = twin.resolved.servers.find(({ name }) => name === "notes") ?? {};
    const statusWith = async (token: string | undefined) =>
      (await client.callTool(backendUrl, token, "list_notes")).status;
    expect(await statusWith(tokens.notes)).toBe(200);
    expect(await statusWith(tokens.graph)).toBe(401);
  });

  it("TOK-9 refuses at one server the token for the other", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { graph, notes } = await signInForBoth(client);
    for (const [url, token] of [
      [graphUrl, notes],
      [notesUrl, graph],
    ] as const) {
      const refused = await client.callTool(url, token, "whoami");
      expect(refused.status).toBe(401);
      expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
      expect(refused.headers.get("www-authenticate")).toContain(
        `/.well-known/oauth-protected-resource${new URL(url).pathname}"`,
      );
    }
  });

  it.each(["graph", "notes"] as const)(
    "TOK-7 ends both at once by revoking the token for %s",
    async (kind) => {
      const client = await OAuthClient.register(twin.origin);
      const tokens = await signInForBoth(client);
      const statuses = async () => [
        (await client.callTool(graphUrl, tokens.graph, "whoami")).status,
        (await client.callTool(notesUrl, tokens.notes, "list_notes")).status,
      ];
      expect(await statuses()).toEqual([200, 200]);
      expect((await client.revoke(tokens[kind])).status).toBe(200);
      expect(await statuses()).toEqual([401, 401]);
      expect(await client.refresh(tokens.refreshToken)).toMatchObject({
        status: 400,
        json: { error: "invalid_grant" },
      });
    },
  );

  it("TOK-5 answers two refreshes at once, one for each server, and the session lives on", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { refreshToken } = await client.signIn(new Person(twin), MIRA, both());
    const answers = await Promise.all(
      [graphUrl, notesUrl].map((resource) => client.refresh(refreshToken, { resource })),
    );
    const [graph, notes] = answers.map(tokensOf) as [Tokens, Tokens];
    expect(notes.refreshToken).toBe(graph.refreshToken);
    expect((await client.callTool(graphUrl, graph.accessToken, "whoami")).status).toBe(200);
    expect((await client.callTool(notesUrl, notes.accessToken, "list_notes")).status).toBe(200);
    expect((await client.refresh(notes.refreshToken)).status).toBe(200);
  });

  it("AUT-3 brings invalid_target to the client when one of the resources is none of ours", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { url } = client.authorizationRequest({ resource: [graphUrl, "https://evil.example/mcp"] });
    const answer = await send(url);
    expect(new URL(answer.headers.get("location") ?? "").searchParams.get("error")).toBe("invalid_target");
  });

  it("CAL-3 tells a person without a role at one of them which server that is", async () => {
    const client = await OAuthClient.register(twin.origin);
    const person = new Person(twin);
    const entra = await person.askEntra(client.authorizationRequest(both()).url);
    const page = arrivedAtPage(await person.press(entra, TESS));
    expect(page.status).toBe(403);
    expect(plainText(page.html)).toContain("You have no access to Microsoft Graph");
  });
});

describe("a sign-in for the second server alone", () => {
  it("works as for any client, also for a person without a role at the first", async () => {
    const client = await OAuthClient.register(twin.origin);
    const person = new Person(twin);
    const request = client.authorizationRequest({ resource: notesUrl });
    const consent = await person.openPage(request.url);
    expect(plainText(consent.html)).not.toContain("Microsoft Graph");
    const entra = arrivedAtPage(await person.press(consent, "Allow"));
    expect(entra.url.searchParams.get("scope")).toBe(
      `openid profile offline_access ${twin.tenant.notes.identifierUris[0]}/Notes.ReadWrite`,
    );
    const code = client.code(arrivedAtClient(await person.press(entra, TESS)));
    const tokens = tokensOf(await client.redeem(request, code));
    expect(decodeJwt(tokens.accessToken)).toMatchObject({ aud: notesUrl, scope: "notes.write" });
    expect(textOf(await client.callTool(notesUrl, tokens.accessToken, "list_notes"))).toEqual([]);
    const next = tokensOf(await client.refresh(tokens.refreshToken, { resource: notesUrl }));
    expect((await client.callTool(notesUrl, next.accessToken, "list_notes")).status).toBe(200);
  });

  it("TOK-6 GW-2 is no grant for the first", async () => {
    const client = await OAuthClient.register(twin.origin);
    const tokens = await client.signIn(new Person(twin), MIRA, { resource: notesUrl });
    expect(await client.refresh(tokens.refreshToken, { resource: graphUrl })).toMatchObject({
      status: 400,
      json: { error: "invalid_target" },
    });
    expect((await client.callTool(graphUrl, tokens.accessToken, "whoami")).status).toBe(401);
    expect((await client.refresh(tokens.refreshToken)).status).toBe(200);
  });

  it("keeps each person's notes apart", async () => {
    const client = await OAuthClient.register(twin.origin);
    const people = ["Jonas Lindqvist", TESS];
    for (const user of people) {
      const { accessToken } = await client.signIn(new Person(twin), user, { resource: notesUrl });
      await client.callTool(notesUrl, accessToken, "add_note", { text: `a note of ${user}` });
      expect(textOf(await client.callTool(notesUrl, accessToken, "list_notes"))).toEqual([
        `a note of ${user}`,
      ]);
    }
  });
});

describe("a sign-in that asks for what the server has not", () => {
  it.each([
    ["the other server's scope", "mcp.tools"],
    ["every scope of the metadata at the root, and one to stay connected", "mcp.tools offline_access"],
    ["OpenID Connect's scopes", "openid profile email"],
    ["a scope that nobody has", "made.up"],
    ["an empty scope", ""],
  ])("AUT-8 gets the server's own required scope for %s, and calls", async (_, scope) => {
    const client = await OAuthClient.register(twin.origin);
    const { request, code } = await client.authorize(new Person(twin), MIRA, { resource: notesUrl, scope });
    const redeemed = await client.redeem(request, code, { resource: notesUrl });
    const offline = scope.includes("offline_access") ? " offline_access" : "";
    expect(redeemed.json["scope"]).toBe(`notes.write${offline}`);
    const { accessToken, refreshToken } = tokensOf(redeemed);
    expect(decodeJwt(accessToken)).toMatchObject({ aud: notesUrl, scope: `notes.write${offline}` });
    expect((await client.callTool(notesUrl, accessToken, "list_notes")).status).toBe(200);
    expect((await client.callTool(graphUrl, accessToken, "whoami")).status).toBe(401);
    expect(await client.refresh(refreshToken, { resource: graphUrl })).toMatchObject({
      json: { error: "invalid_target" },
    });
  });

  it("AUT-8 says on the consent page what is granted, and not what is left out", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { url } = client.authorizationRequest({ resource: notesUrl, scope: "mcp.tools openid" });
    const shown = plainText((await new Person(twin).openPage(url)).html);
    expect(shown).toContain("read and add your notes");
    expect(shown).not.toContain("Microsoft Graph");
  });

  it("AUT-8 TOK-6 may ask at every refresh for offline_access and OpenID Connect's scopes, and gets no more by it", async () => {
    const client = await OAuthClient.register(twin.origin);
    const tokens = await client.signIn(new Person(twin), MIRA, { resource: notesUrl, scope: "notes.write" });
    const scope = "openid notes.write offline_access";
    const refreshed = await client.refresh(tokens.refreshToken, { scope });
    expect(refreshed).toMatchObject({ status: 200, json: { scope: "notes.write" } });
    const again = await client.refresh(tokensOf(refreshed).refreshToken, { scope: "mcp.tools notes.write" });
    expect(again).toMatchObject({ status: 400, json: { error: "invalid_scope" } });
  });
});
