import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formRequest, makeCall } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { type Sessions, signIn, startSessions } from "../testing/sessions.ts";
import { introspect } from "./introspect.ts";

let sessions: Sessions;
beforeAll(async () => {
  sessions = await startSessions();
});
afterAll(() => sessions.stop());

it("TOK-8 says nothing of a token that has ended, to the second, without the store", async () => {
  const secretHash = createHash("sha256").update("secret").digest("base64url");
  const resourceServers = [{ id: "backend", server: "graph", auth: { secretHash } }];
  const dependencies = makeDependencies(sessions, {}, { resourceServers });
  const { tokens } = await signIn(sessions.instance());
  const ask = async () => {
    const form = { client_id: "backend", client_secret: "secret", token: tokens.accessToken };
    return (await introspect(dependencies)(formRequest("/introspect", form), makeCall())).json();
  };
  sessions.clock.set(tokens.expiresAt - 1);
  expect(await ask()).toMatchObject({ active: true });
  sessions.store.operations();
  sessions.clock.advance(1);
  expect(await ask()).toEqual({ active: false });
  expect(sessions.store.operations()).toEqual({});
});

it("TOK-8 logs nothing of the token or the secret", async () => {
  const call = makeCall();
  const form = { client_id: "backend", client_secret: "secret", token: "token" };
  await introspect(makeDependencies(sessions))(formRequest("/introspect", form), call);
  expect(call.lines).toMatchObject([{ event: "refused", fields: { reason: "resource_server_unknown" } }]);
  expect(JSON.stringify(call.lines)).not.toMatch(/"secret"|"token"/);
});
