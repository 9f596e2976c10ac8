import { beforeEach, describe, expect, it } from "vitest";
import { ENTRA_TOKENS, GRANT, type Instance, redeem, signIn, useSessions } from "../testing/sessions.ts";
import { beginSession } from "./begin.ts";
import { listSessions } from "./list-sessions.ts";
import { refreshSession } from "./refresh.ts";
import { revokeSession } from "./revoke.ts";
import { userKey } from "./user-key.ts";
import { userToken } from "./user-token.ts";

const sessions = useSessions();
let here: Instance;
let person: string;
let user: string;
let count = 0;
beforeEach(() => {
  here = sessions.instance();
  person = `person-${count++}`;
  user = userKey(here.gateway.issuer, "tenant", person);
});

/** Signs the test's own person in. */
async function signedIn(changes: Partial<typeof GRANT> = {}) {
  const grant = { ...GRANT, ...changes };
  const { code, session } = await beginSession(
    here,
    grant,
    { tenantId: "tenant", objectId: person },
    ENTRA_TOKENS,
  );
  const { tokens } = await redeem(here, code, { clientId: grant.client.id });
  return { session, tokens, refreshToken: tokens.refreshToken ?? "" };
}

const listed = async () => (await listSessions(here, user)).sessions.map(({ id }) => id);

describe("listSessions", () => {
  it("tells of a person's sessions what the person allowed whom, by one query", async () => {
    const { session } = await signedIn({
      redirectUri: "https://claude.ai/api/mcp/auth_callback?tenant=1",
      boundRedirectUri: "http://localhost:6274/callback",
    });
    await signIn(here);
    const createdAt = sessions.clock.now();
    sessions.store.operations();
    expect(await listSessions(here, user)).toEqual({
      sessions: [
        {
          id: session,
          client: { ...GRANT.client, answersTo: "https://claude.ai" },
          servers: GRANT.servers,
          scopes: GRANT.scopes,
          createdAt,
          lastUsedAt: createdAt,
          endsAt: createdAt + here.gateway.lifetimes.session,
          refreshEndsAt: createdAt + here.gateway.lifetimes.refreshToken,
        },
      ],
      more: false,
    });
    expect(sessions.store.operations()).toEqual({ "sessions query": 1 });
  });

  it.each([
    ["http://127.0.0.1:33418/", "http://127.0.0.1:33418"],
    ["cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"],
    ["com.example.app:/oauth", "com.example.app:"],
  ])("tells of %s no more than its origin, or its scheme", async (redirectUri, answersTo) => {
    await signedIn({ redirectUri });
    expect((await listSessions(here, user)).sessions[0]?.client.answersTo).toBe(answersTo);
  });

  it("puts the one used last first; a use is a refresh, or a call that had Entra's token renewed", async () => {
    const first = await signedIn();
    sessions.clock.advance(10);
    const second = await signedIn();
    expect(await listed()).toEqual([second.session, first.session]);
    sessions.clock.advance(10);
    await refreshSession(here, { refreshToken: first.refreshToken, clientId: "client" });
    expect(await listed()).toEqual([first.session, second.session]);
    sessions.clock.advance(10);
    const resource = here.gateway.servers[0]?.resource ?? "";
    await userToken(here, { user, session: second.session }, resource, {});
    expect(await listed()).toEqual([first.session, second.session]);
    const { answer } = sessions.upstream;
    const renewed = { cache: "renewed", account: "account" };
    sessions.upstream.answer = async (tokens, scope) => ({ ...(await answer(tokens, scope)), renewed });
    await userToken(here, { user, session: second.session }, resource, {});
    sessions.upstream.answer = answer;
    expect(await listed()).toEqual([second.session, first.session]);
  });

  it("SES-3 leaves out what was revoked and what has ended", async () => {
    const kept = await signedIn();
    const revoked = await signedIn();
    const stored = await here.documents.read(revoked.session, user);
    if (stored) await revokeSession(here, stored, "client_request");
    expect(await listed()).toEqual([kept.session]);
    sessions.clock.advance(here.gateway.lifetimes.refreshToken - 1);
    expect(await listed()).toEqual([kept.session]);
    sessions.clock.advance(1);
    expect(await listed()).toEqual([]);
  });

  it("SES-3 keeps a session whose refresh token has ended for as long as its last access token lives", async () => {
    const lifetimes = { ...here.gateway.lifetimes, refreshToken: 60, accessToken: 100 };
    here = sessions.instance({ gateway: { ...here.gateway, lifetimes } });
    const { session } = await signedIn();
    sessions.clock.advance(99);
    expect(await listed()).toEqual([session]);
    sessions.clock.advance(1);
    expect(await listed()).toEqual([]);
  });

  it("shows a grant whose code nobody redeems for as long as the code lives", async () => {
    const { session } = await beginSession(
      here,
      GRANT,
      { tenantId: "tenant", objectId: person },
      ENTRA_TOKENS,
    );
    expect(await listed()).toEqual([session]);
    sessions.clock.advance(here.gateway.lifetimes.authorizationCode);
    expect(await listed()).toEqual([]);
  });
});
