import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { endpoints } from "../endpoints.ts";
import { signAccessToken } from "../sessions/access-token.ts";
import { revokeSession } from "../sessions/revoke.ts";
import { formRequest, makeCall } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { claimsOf, signIn, useSessions } from "../testing/sessions.ts";

const sessions = useSessions();
it("TOK-8 says nothing of a token that has ended, to the second, without the store", async () => {
  const secretHash = createHash("sha256").update("secret").digest("base64url");
  const resourceServers = [{ id: "backend", server: "graph", auth: { secretHash } }];
  const dependencies = makeDependencies(sessions, {}, { resourceServers });
  const { tokens } = await signIn(sessions.instance());
  const ask = async () => {
    const form = { client_id: "backend", client_secret: "secret", token: tokens.accessToken };
    return (await endpoints(dependencies).introspect(formRequest("/introspect", form), makeCall())).json();
  };
  sessions.clock.set(tokens.expiresAt - 1);
  expect(await ask()).toMatchObject({ active: true });
  sessions.store.operations();
  sessions.clock.advance(1);
  expect(await ask()).toEqual({ active: false });
  expect(sessions.store.operations()).toEqual({});
});

describe("POST /introspect", () => {
  const secretHash = createHash("sha256").update("secret").digest("base64url");
  const resourceServers = [
    { id: "other", server: "notes", auth: { secretHash } },
    { id: "backend", server: "graph", auth: { secretHash } },
  ];

  async function ask(token: string, client_id = "backend") {
    const dependencies = makeDependencies(sessions, {}, { resourceServers });
    const form = { client_id, client_secret: "secret", token };
    const response = await endpoints(dependencies).introspect(formRequest("/introspect", form), makeCall());
    return { status: response.status, body: await response.json() };
  }

  it("TOK-8 says of a token that stands what is in it", async () => {
    const { tokens } = await signIn(sessions.instance());
    const { iss, sub, aud, client_id, scope, jti, iat, exp } = claimsOf(tokens);
    sessions.store.operations();
    expect((await ask(tokens.accessToken)).body).toEqual({
      ...{ active: true, token_type: "Bearer" },
      ...{ iss, sub, aud, client_id, scope, jti, iat, exp },
    });
    expect(sessions.store.operations()).toEqual({ "sessions read": 1 });
  });

  it("TOK-8 says nothing of another server's token, nor of what is none, without the store", async () => {
    const { tokens, refreshToken } = await signIn(sessions.instance());
    sessions.store.operations();
    expect((await ask(tokens.accessToken, "other")).body).toEqual({ active: false });
    for (const token of [refreshToken, "x"]) expect((await ask(token)).body).toEqual({ active: false });
    expect(sessions.store.operations()).toEqual({});
  });

  it("TOK-8 TOK-7 says nothing of a token whose session was revoked, or is gone", async () => {
    const { session, tokens } = await signIn(sessions.instance());
    const { documents } = sessions.instance();
    const { sid, sub, ...claims } = claimsOf(tokens);
    const gone = await signAccessToken(sessions.keys, { ...claims, sub, sid: "x".repeat(22) });
    expect((await ask(gone)).body).toEqual({ active: false });
    const stored = await documents.read(session, sub);
    if (stored) await revokeSession(sessions.instance(), stored, "client_request");
    expect((await ask(tokens.accessToken)).body).toEqual({ active: false });
  });

  it("TOK-8 has no answer for a client that is no resource server", async () => {
    expect(await ask("x", "client")).toEqual({
      status: 401,
      body: {
        error: "invalid_client",
        error_description: "The resource server could not be authenticated.",
      },
    });
  });
});

it("TOK-8 logs nothing of the token or the secret", async () => {
  const call = makeCall();
  const form = { client_id: "backend", client_secret: "secret", token: "token" };
  await endpoints(makeDependencies(sessions)).introspect(formRequest("/introspect", form), call);
  const fields = { endpoint: "introspect", reason: "resource_server_unknown" };
  expect(call.lines).toMatchObject([{ event: "refused", fields }]);
  expect(JSON.stringify(call.lines)).not.toMatch(/"secret"|"token"/);
});
