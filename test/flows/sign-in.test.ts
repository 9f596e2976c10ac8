import { beforeAll, describe, expect, it } from "vitest";
import { demoTenant } from "../../twin/entra/demo-tenant.ts";
import { OAuthClient, type Tokens, tokensOf, toolResult } from "../support/oauth-client.ts";
import { linksOf, plainText } from "../support/page.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../support/person.ts";
import { notesServer } from "../support/recording-backend.ts";
import { findSecrets } from "../support/secret-search.ts";
import { startTestTwin } from "../support/twin.ts";
import { useTwinWithNotes } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const JONAS = "Jonas Lindqvist";
const TESS = "Tess Marlow";

const { twin, backend } = useTwinWithNotes();
let notesUrl: string;

beforeAll(async () => {
  notesUrl = `${twin.origin}/notes/mcp`;
});

describe("a first sign-in", () => {
  it("shows who asks for what, signs the person in, and calls a tool in their name", async () => {
    const person = new Person(twin);
    const client = await OAuthClient.register(twin.origin, {
      client_name: "Notebook",
      client_uri: "https://notebook.example/about",
    });
    const request = client.authorizationRequest({ scope: "mcp.tools offline_access", resource: twin.mcpUrl });

    const consent = await person.openPage(request.url);
    const shown = plainText(consent.html);
    for (const fact of [
      "Notebook",
      "Microsoft Graph",
      twin.mcpUrl,
      "use this server's tools in your name",
      "stay connected",
      "localhost:9999",
    ]) {
      expect(shown).toContain(fact);
    }
    expect(shown).not.toContain("notebook.example");

    const entra = arrivedAtPage(await person.press(consent, "Allow"));
    expect(entra.url.origin).toBe(twin.entra.url);
    const broughtBack = arrivedAtClient(await person.press(entra, MIRA));
    const tokens = tokensOf(await client.redeem(request, client.code(broughtBack)));

    const profile = toolResult(
      await client.callTool(twin.mcpUrl, tokens.accessToken, "get_graph_user_details"),
    );
    expect(profile).toMatchObject({ displayName: MIRA, jobTitle: "Platform engineer" });
  });

  it("CON-1 sends nothing to Entra before the person has approved", async () => {
    const client = await OAuthClient.register(twin.origin);
    const before = { ...twin.entra.requests };
    await new Person(twin).openPage(client.authorizationRequest().url);
    expect(twin.entra.requests).toEqual(before);
  });

  it("AUT-4 asks Entra for one scope of the server's application and never names the resource", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { url } = client.authorizationRequest({ resource: notesUrl, scope: "notes.list notes.read" });
    const { searchParams } = (await new Person(twin).askEntra(url)).url;
    expect(searchParams.has("resource")).toBe(false);
    expect(searchParams.get("scope")).toBe(
      `openid profile offline_access api://${twin.tenant.graphMcp.clientId}/Mcp.Access`,
    );
    expect(searchParams.get("code_challenge_method")).toBe("S256");
  });

  it("AUT-1 AUT-2 brings the state back byte for byte, and the issuer", async () => {
    const client = await OAuthClient.register(twin.origin);
    const state = "a+b/c==%2B%20~";
    const url = `${client.authorizationRequest({ state: undefined }).url}&state=${state}`;
    const allowed = await new Person(twin).allow(url, MIRA);
    const denied = await new Person(twin).deny(url);
    for (const broughtBack of [allowed, denied]) {
      expect(broughtBack.split("&").filter((pair) => pair.startsWith("state="))).toEqual([`state=${state}`]);
      expect(new URL(broughtBack).searchParams.get("iss")).toBe(twin.origin);
    }
  });
});

describe("who gets which token", () => {
  it("GW-2 TOK-1 gives the backend the user's Entra token, and the client only the gateway's", async () => {
    backend.forget();
    const client = await OAuthClient.register(twin.origin);
    const first = await client.signIn(new Person(twin), MIRA, { resource: notesUrl });
    await fetch(`${notesUrl}?cursor=7`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${first.accessToken}`,
        "content-type": "application/json",
        cookie: "theirs=1; __Host-consent=stolen",
        "x-gateway-authorization": "Bearer smuggled",
        "mcp-protocol-version": "2025-11-25",
        "mcp-session-id": "session-of-the-client",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    const second = tokensOf(await client.refresh(first.refreshToken));
    expect((await client.callTool(notesUrl, second.accessToken, "anything")).status).toBe(200);
    await client.revoke(second.refreshToken);

    expect(backend.requests).toHaveLength(2);
    const [received] = backend.requests;
    const token = received?.headers.authorization?.replace(/^Bearer /, "") ?? "";
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    expect(claims).toMatchObject({
      iss: `${twin.entra.url}/${twin.tenant.tenantId}/v2.0`,
      aud: twin.tenant.graphMcp.clientId,
      azp: twin.tenant.signIn.clientId,
      scp: "Mcp.Access",
      name: MIRA,
    });
    expect(twin.entra.issued()).toContain(token);
    expect(received?.headers).not.toHaveProperty("cookie");
    expect(received?.headers).not.toHaveProperty("x-gateway-authorization");
    expect(received?.headers["mcp-protocol-version"]).toBe("2025-11-25");
    expect(received?.headers["mcp-session-id"]).toBe("session-of-the-client");
    expect(received?.url).toBe("/mcp?cursor=7");
    expect(received?.body).toContain("tools/list");

    const sent = backend.requests.map((request) => JSON.stringify(request));
    expect(findSecrets(client.secrets, sent)).toEqual([]);
    expect(findSecrets(twin.entra.issued(), client.received)).toEqual([]);
    expect(findSecrets(client.secrets, client.received).length).toBeGreaterThan(0);
  });

  it("GW-9 keeps a backend's own challenge and cookies from the client", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), MIRA, { resource: notesUrl });
    backend.answerWith({
      status: 401,
      headers: {
        "www-authenticate": 'Bearer authorization_uri="https://elsewhere.example"',
        "set-cookie": "a=b",
      },
      body: "",
    });
    const refused = await client.callTool(notesUrl, accessToken, "anything");
    backend.answerWith({
      status: 200,
      headers: { "set-cookie": "a=b", "www-authenticate": "Basic" },
      body: "{}",
    });
    const answered = await client.callTool(notesUrl, accessToken, "anything");

    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(refused.headers.get("www-authenticate")).not.toContain("elsewhere.example");
    expect(answered.status).toBe(200);
    for (const { headers } of [refused, answered]) expect(headers.has("set-cookie")).toBe(false);
    expect(answered.headers.has("www-authenticate")).toBe(false);
  });
});

describe("further sign-ins", () => {
  it("asks the same person again, and keeps the first session", async () => {
    const person = new Person(twin);
    const client = await OAuthClient.register(twin.origin);
    const first = await client.signIn(person, MIRA);
    const second = await client.signIn(person, MIRA);
    expect(second.accessToken).not.toBe(first.accessToken);
    for (const { accessToken } of [first, second]) {
      const who = toolResult(await client.callTool(twin.mcpUrl, accessToken, "whoami"));
      expect(who).toMatchObject({ name: MIRA });
    }
  });

  it("serves two people by one client, each in their own name", async () => {
    const client = await OAuthClient.register(twin.origin);
    const tokens: [string, Tokens][] = [];
    for (const user of [MIRA, JONAS]) tokens.push([user, await client.signIn(new Person(twin), user)]);
    for (const [user, { accessToken }] of tokens) {
      const profile = toolResult(await client.callTool(twin.mcpUrl, accessToken, "get_graph_user_details"));
      expect(profile).toMatchObject({ displayName: user });
    }
  });

  it("CON-4 completes two sign-ins that run at once in one browser", async () => {
    const person = new Person(twin);
    const client = await OAuthClient.register(twin.origin);
    const requests = [client.authorizationRequest(), client.authorizationRequest()] as const;
    const consents = [
      await person.openPage(requests[0].url),
      await person.openPage(requests[1].url),
    ] as const;
    const atEntra = [
      arrivedAtPage(await person.press(consents[1], "Allow")),
      arrivedAtPage(await person.press(consents[0], "Allow")),
    ] as const;
    const second = client.code(arrivedAtClient(await person.press(atEntra[0], MIRA)));
    const first = client.code(arrivedAtClient(await person.press(atEntra[1], MIRA)));
    expect((await client.redeem(requests[0], first)).status).toBe(200);
    expect((await client.redeem(requests[1], second)).status).toBe(200);
  });

  it("CON-4 keeps the cookies of many abandoned sign-ins within bounds", async () => {
    const person = new Person(twin);
    const client = await OAuthClient.register(twin.origin);
    for (let abandoned = 0; abandoned < 8; abandoned++) {
      await person.askEntra(client.authorizationRequest().url);
    }
    const flows = [...person.cookies.at("localhost").keys()].filter((name) => name.includes("sign-in"));
    expect(flows.length).toBeLessThanOrEqual(5);
    await expect(client.signIn(person, MIRA)).resolves.toHaveProperty("accessToken");
  });
});

describe("a sign-in that ends otherwise", () => {
  it("CON-5 tells the client when the person denies", async () => {
    const client = await OAuthClient.register(twin.origin);
    const before = await twin.cosmos.documents();
    const denied = new URL(await new Person(twin).deny(client.authorizationRequest().url));
    expect(denied.searchParams.get("error")).toBe("access_denied");
    expect(denied.searchParams.has("code")).toBe(false);
    expect(await twin.cosmos.documents()).toEqual(before);
  });

  it("CAL-3 tells the client when the person cancels at Entra", async () => {
    const client = await OAuthClient.register(twin.origin);
    const person = new Person(twin);
    const entra = await person.askEntra(client.authorizationRequest().url);
    const broughtBack = new URL(arrivedAtClient(await person.press(entra, "Cancel")));
    expect(broughtBack.searchParams.get("error")).toBe("access_denied");
    expect(broughtBack.searchParams.get("error_description")).toBe("The person cancelled the sign-in.");
    expect(broughtBack.search).not.toContain("AADSTS");
  });

  it("CAL-3 shows a page to a person without a role, with a way back for the client", async () => {
    const client = await OAuthClient.register(twin.origin);
    const person = new Person(twin);
    const before = await twin.cosmos.documents();
    const entra = await person.askEntra(client.authorizationRequest().url);
    const page = arrivedAtPage(await person.press(entra, TESS));
    expect(page.status).toBe(403);
    expect(plainText(page.html)).toContain("Mcp.User");
    const [wayBack = ""] = linksOf(page);
    expect(new URL(wayBack).searchParams.get("error")).toBe("access_denied");
    expect(new URL(wayBack).searchParams.get("iss")).toBe(twin.origin);
    expect(await twin.cosmos.documents()).toEqual(before);
  });
});

describe("after the sign-in", () => {
  it("GW-5 costs one internal call when the gateway's cache was flushed, and nothing else", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), MIRA);
    const call = () => client.callTool(twin.mcpUrl, accessToken, "whoami");
    const first = toolResult(await call());

    twin.cosmos.resetOperations();
    expect(toolResult(await call())).toEqual(first);
    expect(twin.cosmos.operations()).toEqual({});
    twin.gateway.cache.clear();
    expect(toolResult(await call())).toEqual(first);
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1 });
    expect(toolResult(await call())).toEqual(first);
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1 });
  });

  it.each(["accessToken", "refreshToken"] as const)(
    "TOK-7 refuses the call right after the %s was revoked, and the refresh",
    async (kind) => {
      const client = await OAuthClient.register(twin.origin);
      const tokens = await client.signIn(new Person(twin), MIRA);
      expect((await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami")).status).toBe(200);

      const revoked = await client.revoke(tokens[kind]);
      expect(revoked.status).toBe(200);
      expect([...revoked.headers.keys()].filter((name) => name.startsWith("x-gateway"))).toEqual([]);

      const refused = await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami");
      expect(refused.status).toBe(401);
      expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
      expect(refused.headers.get("www-authenticate")).toContain("resource_metadata=");
      expect(await client.refresh(tokens.refreshToken)).toMatchObject({
        status: 400,
        json: { error: "invalid_grant" },
      });
    },
  );

  it("TOK-4 TOK-7 refuses the call right after the code was used again", async () => {
    const client = await OAuthClient.register(twin.origin);
    const { request, code } = await client.authorize(new Person(twin), MIRA);
    const { accessToken } = tokensOf(await client.redeem(request, code));
    expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(200);
    const again = await client.redeem(request, code);
    expect(again).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    expect([...again.headers.keys()].filter((name) => name.startsWith("x-gateway"))).toEqual([]);
    expect((await client.callTool(twin.mcpUrl, accessToken, "whoami")).status).toBe(401);
  });

  it("TOK-5 TOK-7 refuses the call right after a refresh token was used again", async () => {
    const client = await OAuthClient.register(twin.origin);
    const first = await client.signIn(new Person(twin), MIRA);
    const second = tokensOf(await client.refresh(first.refreshToken));
    const third = tokensOf(await client.refresh(second.refreshToken));
    expect((await client.callTool(twin.mcpUrl, third.accessToken, "whoami")).status).toBe(200);
    const again = await client.refresh(first.refreshToken);
    expect(again).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    expect([...again.headers.keys()].filter((name) => name.startsWith("x-gateway"))).toEqual([]);
    expect((await client.callTool(twin.mcpUrl, third.accessToken, "whoami")).status).toBe(401);
  });

  it.each(["accessToken", "refreshToken"] as const)(
    "TOK-7 refuses to revoke another client's %s, which goes on working",
    async (kind) => {
      const client = await OAuthClient.register(twin.origin);
      const other = await OAuthClient.register(twin.origin);
      const tokens = await client.signIn(new Person(twin), MIRA);
      const before = await twin.cosmos.documents();
      expect(await other.revoke(tokens[kind])).toMatchObject({
        status: 400,
        json: { error: "invalid_grant" },
      });
      expect(await twin.cosmos.documents()).toEqual(before);
      expect((await client.callTool(twin.mcpUrl, tokens.accessToken, "whoami")).status).toBe(200);
      expect((await client.refresh(tokens.refreshToken)).status).toBe(200);
    },
  );

  it("TOK-7 ends one session and leaves the same person's others", async () => {
    const person = new Person(twin);
    const client = await OAuthClient.register(twin.origin);
    const ended = await client.signIn(person, MIRA);
    const kept = await client.signIn(person, MIRA);
    await client.revoke(ended.refreshToken);
    expect((await client.callTool(twin.mcpUrl, kept.accessToken, "whoami")).status).toBe(200);
    expect((await client.refresh(kept.refreshToken)).status).toBe(200);
  });

  it("TOK-6 narrows the scope of an access token, never widens it, and keeps the session's own", async () => {
    const client = await OAuthClient.register(twin.origin);
    const scope = "notes.list notes.read notes.write";
    const tokens = await client.signIn(new Person(twin), MIRA, { resource: notesUrl, scope });
    const narrowed = await client.refresh(tokens.refreshToken, { scope: "notes.list notes.read" });
    expect(narrowed.json["scope"]).toBe("notes.list notes.read");
    const { refreshToken } = tokensOf(narrowed);
    expect(await client.refresh(refreshToken, { scope: "notes.list mcp.tools" })).toMatchObject({
      status: 400,
      json: { error: "invalid_scope" },
    });
    expect((await client.refresh(refreshToken)).json["scope"]).toBe(scope);
  });

  it("TOK-6 GW-2 ends calls and refreshes of a person whose role was taken away, until it is back", async () => {
    const roles = ["Mcp.User"];
    const tenant = (origin: string) => {
      const demo = demoTenant(origin);
      const appRoles = { [demo.graphMcp.clientId]: roles };
      return { ...demo, users: demo.users.map((user) => ({ ...user, appRoles })) };
    };
    const guarded = { ...notesServer(backend), access: { roles: [...roles] } };
    const short = await startTestTwin({ servers: [guarded] }, { entraTokenLifetime: 200, tenant });
    try {
      const client = await OAuthClient.register(short.origin);
      const { accessToken, refreshToken } = await client.signIn(new Person(short), MIRA);
      const call = () => client.callTool(short.mcpUrl, accessToken, "anything");
      expect((await call()).status).toBe(200);
      roles.length = 0;
      const refused = await call();
      expect(refused.status).toBe(401);
      expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
      expect(await client.refresh(refreshToken)).toMatchObject({
        status: 400,
        json: { error: "invalid_grant" },
      });
      roles.push("Mcp.User");
      expect((await call()).status).toBe(200);
      expect((await client.refresh(refreshToken)).status).toBe(200);
    } finally {
      await short.stop();
    }
  });

  it("TOK-6 answers invalid_grant when Entra has ended the user's grants", async () => {
    const short = await startTestTwin({}, { entraTokenLifetime: 200 });
    try {
      const client = await OAuthClient.register(short.origin);
      const { refreshToken } = await client.signIn(new Person(short), MIRA);
      const renewed = await client.refresh(refreshToken);
      expect(renewed.status).toBe(200);
      const mira = short.tenant.users.find((user) => user.displayName === MIRA);
      short.entra.revokeUser(mira?.oid ?? "");
      expect(await client.refresh(tokensOf(renewed).refreshToken)).toMatchObject({
        status: 400,
        json: { error: "invalid_grant" },
      });
    } finally {
      await short.stop();
    }
  });
});
