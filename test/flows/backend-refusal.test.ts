import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { OAuthClient, tokensOf } from "../support/oauth-client.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { arrivedAtClient, arrivedAtPage, Person } from "../support/person.ts";
import {
  type BackendAnswer,
  DEFAULT_ANSWER,
  notesServer,
  useRecordingBackend,
} from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const MIRA = "Mira Okafor";
const JONAS = "Jonas Lindqvist";

const backend = useRecordingBackend();
const twin = useOwnTwin(() => {
  const notes = notesServer(backend);
  const other = { ...notes, name: "other", scopes: [{ name: "other.use", description: "use the other" }] };
  const editor = { id: "editor", name: "Editor", redirectUris: ["http://localhost:9999/callback"] };
  return { servers: [notes, other], clients: [editor] };
});
let client: OAuthClient;

beforeEach(async () => {
  client = await OAuthClient.register(twin.origin);
  backend.answerWith(DEFAULT_ANSWER);
  backend.forget();
});

const refusal = (challenge = 'Bearer authorization_uri="https://elsewhere.example"'): BackendAnswer => ({
  status: 401,
  headers: { "www-authenticate": challenge },
  body: "",
});

/** Signs in and makes a first call, after which the gateway has the user's Entra token in its cache. */
async function connected() {
  const tokens = await client.signIn(new Person(twin), MIRA, { resource: twin.mcpUrl });
  const call = () => client.callTool(twin.mcpUrl, tokens.accessToken, "anything");
  expect((await call()).status).toBe(200);
  backend.forget();
  twin.cosmos.resetOperations();
  const asked = twin.entra.requests.token;
  return { tokens, call, entraRequests: () => twin.entra.requests.token - asked };
}

const tokensAtBackend = () => backend.requests.map(({ headers }) => headers.authorization);

describe("a backend that refuses the user's Entra token", () => {
  it("GW-9 gets the call once more, whole, with a fresh one, and the client notices nothing", async () => {
    const { call, entraRequests } = await connected();
    backend.answerNextWith(refusal());
    const answer = await call();
    expect(answer.status).toBe(200);
    expect(answer.headers.has("www-authenticate")).toBe(false);
    expect(backend.requests).toHaveLength(2);
    const [first, second] = backend.requests;
    expect(second?.body).toContain("anything");
    expect(second).toMatchObject({ method: first?.method, url: first?.url, body: first?.body });
    expect(new Set(tokensAtBackend()).size).toBe(2);
    expect(entraRequests()).toBe(1);
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
  });

  it("GW-9 gets the fresh one from then on, from the gateway's cache", async () => {
    const { call } = await connected();
    backend.answerNextWith(refusal());
    await call();
    twin.cosmos.resetOperations();
    await call();
    const [, second, third] = tokensAtBackend();
    expect(third).toBe(second);
    expect(twin.cosmos.operations()).toEqual({});
  });

  it("GW-9 is tried once more only, and then the client gets our challenge", async () => {
    const { call, entraRequests } = await connected();
    backend.answerWith(refusal());
    const refused = await call();
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(refused.headers.get("www-authenticate")).not.toContain("elsewhere.example");
    expect(backend.requests).toHaveLength(2);
    expect(entraRequests()).toBe(1);
    expect(twin.cosmos.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
  });

  it("GW-9 has Entra asked once in a while, however often it refuses, and is not sent the same token twice in a call", async () => {
    const { call, entraRequests } = await connected();
    backend.answerWith(refusal());
    await call();
    backend.forget();
    for (let calls = 0; calls < 3; calls++) expect((await call()).status).toBe(401);
    expect(backend.requests).toHaveLength(3);
    expect(entraRequests()).toBe(1);
  });

  it("GW-9 gets a second call with the token that was just fetched for another", async () => {
    const { call, entraRequests } = await connected();
    backend.answerNextWith(refusal(), refusal());
    const answers = await Promise.all([call(), call()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(backend.requests).toHaveLength(4);
    expect(entraRequests()).toBeLessThanOrEqual(2);
  });

  it("GW-9 gets a request that is too large to hold once, and the client our challenge", async () => {
    const { tokens } = await connected();
    backend.answerNextWith(refusal());
    const refused = await fetch(twin.mcpUrl, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: "x".repeat(1_000_000) }),
    });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(backend.requests).toHaveLength(1);
    expect(twin.cosmos.operations()).toEqual({});
  });

  it.each([
    ["compressed", { "content-encoding": "gzip" }, gzipSync("{}")],
    ["of unknown length", {}, new Blob(["{}"]).stream()],
  ])(
    "GW-9 gets a request that is %s once and as it is, and the client our challenge",
    async (_, headers, body) => {
      const { tokens } = await connected();
      backend.answerNextWith(refusal());
      const refused = await fetch(twin.mcpUrl, {
        method: "POST",
        headers: {
          authorization: `Bearer ${tokens.accessToken}`,
          "content-type": "application/json",
          ...headers,
        },
        body,
        duplex: "half",
      });
      expect(refused.status).toBe(401);
      expect(backend.requests).toHaveLength(1);
      expect(backend.requests[0]?.body).not.toBe("");
    },
  );

  it("GW-9 streams its answer to the second try as to any other", async () => {
    const { tokens } = await connected();
    const arrived = Promise.withResolvers<void>();
    const headers = { "content-type": "text/event-stream" };
    backend.answerNextWith(refusal(), {
      status: 200,
      headers,
      body: "data: 1\n\n",
      endsAfter: arrived.promise,
    });
    const answer = await fetch(twin.mcpUrl, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call" }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const reader = answer.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    arrived.resolve();
    expect(new TextDecoder().decode(value)).toBe("data: 1\n\n");
    expect((await reader?.read())?.done).toBe(true);
  });

  it("GW-9 is not asked again when the session has ended meanwhile", async () => {
    const { tokens, call } = await connected();
    await client.revoke(tokens.refreshToken);
    expect((await call()).status).toBe(401);
    expect(backend.requests).toHaveLength(0);
  });

  it("GW-9 ends the session when Entra gives no fresh token, so that no refresh can go round and round", async () => {
    const { tokens, call } = await connected();
    const mira = twin.tenant.users.find((user) => user.displayName === MIRA);
    twin.entra.revokeUser(mira?.oid ?? "");
    backend.answerNextWith(refusal());
    const refused = await call();
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(backend.requests).toHaveLength(1);
    expect(await client.refresh(tokens.refreshToken)).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
    await expect(connected()).resolves.toBeDefined();
  });

  it("GW-9 TOK-7 ends the session at its other servers at once, whose Entra tokens are in the gateway's cache", async () => {
    const otherUrl = `${twin.origin}/other/mcp`;
    const resource = [twin.mcpUrl, otherUrl];
    const first = await client.signIn(new Person(twin), MIRA, { resource });
    const second = tokensOf(await client.refresh(first.refreshToken, { resource: otherUrl }));
    const callOther = () => client.callTool(otherUrl, second.accessToken, "anything");
    expect((await client.callTool(twin.mcpUrl, first.accessToken, "anything")).status).toBe(200);
    expect((await callOther()).status).toBe(200);
    const mira = twin.tenant.users.find((user) => user.displayName === MIRA);
    twin.entra.revokeUser(mira?.oid ?? "");
    backend.answerNextWith(refusal());
    expect((await client.callTool(twin.mcpUrl, first.accessToken, "anything")).status).toBe(401);
    backend.forget();
    const refused = await callOther();
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(backend.requests).toHaveLength(0);
  });

  it("GW-9 has the client sign in again when Entra wants the person, who meets Entra's claims in that sign-in", async () => {
    const { call, tokens } = await connected();
    const mira = twin.tenant.users.find((user) => user.displayName === MIRA);
    twin.entra.requireMultifactor(mira?.oid ?? "", "claims");
    backend.answerNextWith(refusal());
    expect((await call()).headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect((await client.refresh(tokens.refreshToken)).json["error"]).toBe("invalid_grant");

    const person = new Person(twin);
    const request = client.authorizationRequest({ resource: twin.mcpUrl });
    const first = await person.askEntra(request.url);
    expect(first.url.searchParams.get("claims")).not.toContain("capolids");
    twin.cosmos.resetOperations();
    const second = arrivedAtPage(await person.press(first, MIRA));
    expect(second.url.origin).toBe(twin.entra.url);
    expect(second.url.searchParams.get("claims")).toContain("capolids");
    for (const once of ["state", "nonce", "code_challenge"]) {
      expect(second.url.searchParams.get(once)).not.toBe(first.url.searchParams.get(once));
    }
    const code = client.code(arrivedAtClient(await person.press(second, MIRA)));
    expect(twin.cosmos.operations()).toEqual({ "sessions create": 1 });
    const { accessToken } = tokensOf(await client.redeem(request, code));
    expect((await client.callTool(twin.mcpUrl, accessToken, "anything")).status).toBe(200);
  });

  it.each([
    ["that registered", undefined, { "clients read": 1, "clients replace": 1 }],
    ["that the operator entered", "editor", { "claims create": 1 }],
  ])(
    "GW-9 has its claims met in the person's next sign-in with the client %s, and in nobody else's",
    async (_, id, kept) => {
      if (id !== undefined) client = new OAuthClient(twin.origin, id);
      const { call } = await connected();
      const mira = twin.tenant.users.find((user) => user.displayName === MIRA);
      twin.entra.requireMultifactor(mira?.oid ?? "");
      const wanted = { access_token: { acrs: { essential: true, value: "c1" } } };
      const claims = Buffer.from(JSON.stringify(wanted)).toString("base64");
      backend.answerNextWith(
        refusal(
          `Bearer realm="", authorization_uri="https://e.example", error="insufficient_claims", claims="${claims}"`,
        ),
      );
      expect((await call()).headers.get("www-authenticate")).toContain('error="invalid_token"');
      // The first use of a container asks for what it is.
      const { metadata: _metadata, ...operations } = twin.cosmos.operations();
      expect(operations).toEqual({
        "sessions read": 1,
        "sessions replace": 1,
        ...kept,
      });

      await expect(client.signIn(new Person(twin), JONAS, { resource: twin.mcpUrl })).resolves.toBeDefined();

      const person = new Person(twin);
      const request = client.authorizationRequest({ resource: twin.mcpUrl });
      const arrival = await person.press(await person.askEntra(request.url), MIRA);
      // Signed in by now, the person is not asked a second time; Entra is.
      const second = person.requested.findLast(({ pathname }) => pathname.endsWith("/authorize"));
      expect(JSON.parse(second?.searchParams.get("claims") ?? "")).toEqual({
        access_token: { ...wanted.access_token, capolids: expect.anything(), xms_cc: { values: ["cp1"] } },
      });
      const code = client.code(arrivedAtClient(arrival));
      const { accessToken } = tokensOf(await client.redeem(request, code));
      expect((await client.callTool(twin.mcpUrl, accessToken, "anything")).status).toBe(200);
    },
  );

  it("GW-9 has no say in a person's sign-ins with the client for other servers, whatever claims it asks for", async () => {
    const otherUrl = `${twin.origin}/other/mcp`;
    const tokens = await client.signIn(new Person(twin), MIRA, { resource: otherUrl });
    const mira = twin.tenant.users.find((user) => user.displayName === MIRA);
    twin.entra.requireMultifactor(mira?.oid ?? "");
    const claims = btoa(JSON.stringify({ access_token: { acrs: { essential: true, value: "c9" } } }));
    backend.answerNextWith(refusal(`Bearer error="insufficient_claims", claims="${claims}"`));
    expect((await client.callTool(otherUrl, tokens.accessToken, "anything")).status).toBe(401);

    const claimsAskedIn = async (resource: string | string[]) => {
      const person = new Person(twin);
      await person.allow(client.authorizationRequest({ resource }).url, MIRA);
      const asked = person.requested.filter(({ pathname }) => pathname.endsWith("/authorize"));
      return asked.map(({ searchParams }) => searchParams.get("claims") ?? "").join();
    };
    expect(await claimsAskedIn(twin.mcpUrl)).not.toContain("c9");
    expect(await claimsAskedIn([twin.mcpUrl, otherUrl])).toContain("c9");
  });

  it("GW-9 leaves an unaffected call at no operation, and no question to Entra or the managed identity", async () => {
    const { call } = await connected();
    const before = { ...twin.entra.requests };
    expect((await call()).status).toBe(200);
    expect(backend.requests).toHaveLength(1);
    expect(twin.entra.requests).toEqual(before);
    expect(twin.cosmos.operations()).toEqual({});
  });
});
