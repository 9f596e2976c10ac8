import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyRing } from "../keys/key-ring.ts";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { makeKeyRing } from "../testing/keys.ts";
import {
  BOTH_SERVERS,
  claimsOf,
  ENTRA_TOKENS,
  GRANT,
  type Instance,
  type Sessions,
  signIn,
  startSessions,
} from "../testing/sessions.ts";
import { TestUpstream } from "../testing/upstream.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { unsealEntraTokens } from "./entra-tokens.ts";
import { formatCode, formatRefreshToken, parseRefreshToken } from "./handles.ts";
import { type RefreshRequest, refreshSession } from "./refresh.ts";
import { revokeSession } from "./revoke.ts";
import { randomId, randomSecret } from "./secrets.ts";
import { userToken } from "./user-token.ts";

const DAY = 24 * 3600;

let sessions: Sessions;
let otherKeys: KeyRing;
let here: Instance;
let there: Instance;
beforeAll(async () => {
  [sessions, otherKeys] = await Promise.all([startSessions(), makeKeyRing()]);
});
afterAll(() => sessions.stop());
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
  sessions.upstream.answer = new TestUpstream(sessions.clock.now).answer;
});

/** Refreshes as the client of the session does. @throws Error when the token names no session */
async function refresh(context: Instance, refreshToken: string, changes: Partial<RefreshRequest> = {}) {
  const request = { refreshToken, clientId: GRANT.client.id, ...changes };
  const refreshed = await refreshSession(context, request);
  if (!refreshed) throw new Error("the refresh token names no session");
  return { ...refreshed, next: refreshed.tokens.refreshToken ?? "" };
}

/** Asks Entra anew each time, as it is when the user's token is near its end. */
function entraRenews() {
  let count = 0;
  sessions.upstream.answer = (tokens) => ({
    token: "entra-token",
    expiresAt: sessions.clock.now() + 3600,
    roles: ["Mcp.User"],
    renewed: { ...tokens, cache: `renewed-entra-tokens-${++count}` },
  });
}

describe("refreshSession", () => {
  it("TOK-5 rotates the refresh token and signs a new access token", async () => {
    const { refreshToken, session, tokens } = await signIn(here);
    sessions.clock.advance(1800);
    const { next, replayed, tokens: fresh } = await refresh(there, refreshToken);
    expect(replayed).toBe(false);
    expect(next).not.toBe(refreshToken);
    expect(parseRefreshToken(next)).toMatchObject({
      session,
      family: parseRefreshToken(refreshToken)?.family,
    });
    const now = sessions.clock.now();
    const { jti, ...claims } = claimsOf(tokens);
    expect(claimsOf(fresh)).toEqual({ ...claims, iat: now, exp: now + 3600, jti: expect.any(String) });
    expect(claimsOf(fresh).jti).not.toBe(jti);
  });

  it("takes one point read and one conditional write", async () => {
    const { refreshToken } = await signIn(here);
    sessions.store.operations();
    await refresh(here, refreshToken);
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
  });

  it("SES-1 stores none of the tokens that it gives out, nor those it took", async () => {
    const { refreshToken, session } = await signIn(here);
    const { tokens, next } = await refresh(here, refreshToken);
    const text = JSON.stringify(await sessions.stored(session));
    for (const token of [refreshToken, next]) {
      const { family, secret } = parseRefreshToken(token) ?? {};
      expect(text).not.toContain(family);
      expect(text).not.toContain(secret);
    }
    expect(text).not.toContain(tokens.accessToken);
  });

  it("TOK-5 goes on for 20 rotations, on whichever instance, and the session's end stays where it was", async () => {
    const { refreshToken, session } = await signIn(here);
    const { endsAt } = await sessions.stored(session);
    const seen = new Set([refreshToken]);
    let current = refreshToken;
    for (let i = 0; i < 20; i++) {
      sessions.clock.advance(DAY);
      current = (await refresh(i % 2 ? here : there, current)).next;
      seen.add(current);
    }
    expect(seen.size).toBe(21);
    expect((await sessions.stored(session)).endsAt).toBe(endsAt);
    const [, , , fourth = ""] = seen;
    expect(await failureOf(refresh(here, fourth))).toMatchObject({ message: "refresh_reuse" });
    expect(await failureOf(refresh(here, current))).toMatchObject({ message: "session_revoked" });
  });

  it.each(["", "x", "rt.a.b.c.d", "eyJh.eyJz.c2ln", formatCode({ user: "u", session: "s", secret: "x" })])(
    "spares the store what is no refresh token: %j",
    async (refreshToken) => {
      sessions.store.operations();
      expect(await refreshSession(here, { refreshToken, clientId: "client" })).toBeUndefined();
      expect(sessions.store.operations()).toEqual({});
    },
  );

  it("TOK-9 takes an authorization code for no refresh token", async () => {
    const { code } = await signIn(here);
    expect(await refreshSession(here, { refreshToken: code, clientId: "client" })).toBeUndefined();
  });

  it("knows nothing of a refresh token that names no session", async () => {
    const refreshToken = formatRefreshToken({
      user: randomSecret(),
      session: randomId(),
      family: randomSecret(),
      secret: randomSecret(),
    });
    expect(await refreshSession(here, { refreshToken, clientId: "client" })).toBeUndefined();
  });

  it("TOK-6 refuses another client, and changes nothing: not even with a token used before", async () => {
    const { refreshToken, session } = await signIn(here);
    const { next } = await refresh(here, refreshToken);
    sessions.clock.advance(61);
    for (const token of [refreshToken, next]) {
      expect(await failureOf(refresh(there, token, { clientId: "thief" }))).toMatchObject({
        code: "invalid_grant",
        message: "refresh_token_of_another_client",
      });
    }
    expect((await sessions.stored(session)).revoked).toBeUndefined();
    await expect(refresh(here, next)).resolves.toBeDefined();
  });

  it("TOK-5 refuses one who only knows the session's place, and changes nothing", async () => {
    const { refreshToken, session } = await signIn(here);
    const handle = parseRefreshToken(refreshToken);
    const guess = handle ? formatRefreshToken({ ...handle, family: randomSecret() }) : "";
    expect(await failureOf(refresh(there, guess))).toMatchObject({
      code: "invalid_grant",
      message: "refresh_token_unknown",
    });
    expect((await sessions.stored(session)).revoked).toBeUndefined();
  });

  it("refuses a refresh token for a session that never had one", async () => {
    const client = { ...GRANT.client, grantTypes: ["authorization_code"] as const };
    const { tokens } = await signIn(here, { client });
    const { sub: user, sid: session } = claimsOf(tokens);
    const guess = formatRefreshToken({ user, session, family: randomSecret(), secret: randomSecret() });
    expect(await failureOf(refresh(here, guess))).toMatchObject({ message: "refresh_token_unknown" });
  });
});

describe("the time of a refresh token", () => {
  it("SES-3 ends when it was not used for its lifetime, to the second", async () => {
    const [inTime, late] = [await signIn(here), await signIn(here)];
    sessions.clock.advance(30 * DAY - 1);
    await expect(refresh(here, inTime.refreshToken)).resolves.toBeDefined();
    sessions.clock.advance(1);
    expect(await failureOf(refresh(here, late.refreshToken))).toMatchObject({
      code: "invalid_grant",
      message: "refresh_token_expired",
    });
  });

  it("is renewed with each use", async () => {
    const { refreshToken } = await signIn(here);
    sessions.clock.advance(30 * DAY - 1);
    const { next } = await refresh(here, refreshToken);
    sessions.clock.advance(30 * DAY - 1);
    await expect(refresh(here, next)).resolves.toBeDefined();
  });

  it("SES-3 ends with the session, to the second, however much it was used", async () => {
    const gateway = resolvedGateway({ lifetimes: { session: 5000 } });
    const short = sessions.instance({ gateway });
    const { refreshToken, session } = await signIn(short);
    sessions.clock.advance(4999);
    const { tokens, next } = await refresh(short, refreshToken);
    const { endsAt } = await sessions.stored(session);
    expect(claimsOf(tokens).exp).toBe(endsAt);
    expect(endsAt).toBe(sessions.clock.now() + 1);
    sessions.clock.advance(1);
    expect(await failureOf(refresh(short, next))).toMatchObject({
      code: "invalid_grant",
      message: "session_expired",
    });
  });

  it.each([
    ["as by default", {}],
    ["short refresh tokens", { refreshToken: 60 }],
    ["a short session", { session: 100 }],
    ["long access tokens, short all else", { accessToken: DAY, refreshToken: 1, session: 2 * DAY }],
  ])(
    "SES-3 lets the store drop the session no earlier than its last token ends: %s",
    async (_, lifetimes) => {
      const context = sessions.instance({ gateway: resolvedGateway({ lifetimes }) });
      const { refreshToken, session } = await signIn(context);
      const { tokens } = await refresh(context, refreshToken);
      const { ttl, refresh: family, endsAt } = await sessions.stored(session);
      const last = Math.max(claimsOf(tokens).exp, family?.expiresAt ?? 0);
      expect(last).toBeLessThanOrEqual(endsAt);
      expect(ttl).toBeGreaterThanOrEqual(last - sessions.clock.now());
      expect(ttl).toBeLessThanOrEqual(last - sessions.clock.now() + 3600);
    },
  );
});

describe("the replay window", () => {
  it("TOK-5 gives the same tokens again up to its last second, on any instance, without a write", async () => {
    const { refreshToken } = await signIn(here);
    const { tokens } = await refresh(here, refreshToken);
    sessions.store.operations();
    expect(await refresh(there, refreshToken)).toMatchObject({ tokens, replayed: true });
    sessions.clock.advance(59);
    expect(await refresh(there, refreshToken)).toMatchObject({ tokens, replayed: true });
    expect(sessions.store.operations()).toEqual({ "sessions read": 2 });
  });

  it("TOK-5 is over after it: use of the old token revokes the family", async () => {
    const { refreshToken, session } = await signIn(here);
    const { next } = await refresh(here, refreshToken);
    sessions.clock.advance(60);
    expect(await failureOf(refresh(there, refreshToken))).toMatchObject({
      code: "invalid_grant",
      message: "refresh_reuse",
      reused: "refresh_token",
      endedSession: session,
    });
    expect(await sessions.stored(session)).toMatchObject({
      revoked: { at: sessions.clock.now(), because: "refresh_reuse" },
    });
    expect(await failureOf(refresh(here, next))).toMatchObject({ message: "session_revoked" });
  });

  it("TOK-5 is over when the next token was used: use of the one before revokes the family", async () => {
    const { refreshToken } = await signIn(here);
    const { next } = await refresh(here, refreshToken);
    const { next: latest } = await refresh(here, next);
    expect(await failureOf(refresh(there, refreshToken))).toMatchObject({ message: "refresh_reuse" });
    expect(await failureOf(refresh(here, latest))).toMatchObject({ message: "session_revoked" });
  });

  it("TOK-5 may be switched off", async () => {
    const gateway = resolvedGateway({ lifetimes: { refreshReplay: 0 } });
    const strict = sessions.instance({ gateway });
    const { refreshToken } = await signIn(strict);
    await refresh(strict, refreshToken);
    expect(await failureOf(refresh(strict, refreshToken))).toMatchObject({ message: "refresh_reuse" });
  });

  it("TOK-5 does not outlast the session", async () => {
    const context = sessions.instance({ gateway: resolvedGateway({ lifetimes: { session: 100 } }) });
    const { refreshToken } = await signIn(context);
    sessions.clock.advance(90);
    await refresh(context, refreshToken);
    sessions.clock.advance(10);
    expect(await failureOf(refresh(context, refreshToken))).toMatchObject({ message: "session_expired" });
  });

  it("TOK-5 is no way around the bounds of the grant", async () => {
    const { refreshToken, session } = await signIn(here);
    await refresh(here, refreshToken);
    expect(await failureOf(refresh(here, refreshToken, { server: "notes" }))).toMatchObject({
      code: "invalid_target",
      description: "The refresh token was issued for another resource.",
    });
    expect(await failureOf(refresh(here, refreshToken, { scopes: ["notes.read"] }))).toMatchObject({
      code: "invalid_scope",
      description: "The scope goes beyond what was granted.",
    });
    expect((await sessions.stored(session)).revoked).toBeUndefined();
  });

  it("TOK-5 gives 10 simultaneous refreshes over two instances one and the same answer", async () => {
    const { refreshToken } = await signIn(here);
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, i) => refresh(i % 2 ? here : there, refreshToken)),
    );
    expect(new Set(all.map(({ next }) => next)).size).toBe(1);
    expect(new Set(all.map(({ tokens }) => tokens.accessToken)).size).toBe(1);
    expect(all.filter(({ replayed }) => !replayed)).toHaveLength(1);
    await expect(refresh(here, all[0]?.next ?? "")).resolves.toMatchObject({ replayed: false });
  });
});

describe("the bounds of a refresh", () => {
  it("TOK-6 narrows the access token, and the next refresh has the whole grant again", async () => {
    const { refreshToken } = await signIn(here);
    const narrow = await refresh(here, refreshToken, { scopes: ["mcp.tools"] });
    expect(claimsOf(narrow.tokens).scope).toBe("mcp.tools");
    expect(narrow.tokens.scopes).toEqual(["mcp.tools"]);
    const whole = await refresh(here, narrow.next);
    expect(claimsOf(whole.tokens).scope).toBe("mcp.tools mcp.admin");
  });

  it("TOK-6 never widens, says so, and changes nothing", async () => {
    const { refreshToken, session } = await signIn(here, { scopes: ["mcp.tools"] });
    const before = await sessions.stored(session);
    for (const scopes of [["mcp.admin"], ["mcp.tools", "mcp.admin"], ["offline_access"], ["made.up"]]) {
      expect(await failureOf(refresh(here, refreshToken, { scopes }))).toMatchObject({
        code: "invalid_scope",
      });
    }
    expect(await sessions.stored(session)).toEqual(before);
    await expect(refresh(here, refreshToken)).resolves.toBeDefined();
  });

  it("TOK-6 stays with its resource, and changes nothing", async () => {
    const { refreshToken } = await signIn(here);
    expect(await failureOf(refresh(here, refreshToken, { server: "notes" }))).toMatchObject({
      code: "invalid_target",
    });
    await expect(refresh(here, refreshToken, { server: "graph" })).resolves.toMatchObject({
      replayed: false,
    });
  });

  it("refuses when the server was removed from the configuration, and goes on when it is back", async () => {
    const { refreshToken } = await signIn(here, { servers: ["notes"], scopes: ["notes.read"] });
    const [graph] = resolvedGateway().servers;
    const without = sessions.instance({ gateway: { ...resolvedGateway(), servers: graph ? [graph] : [] } });
    expect(await failureOf(refresh(without, refreshToken))).toMatchObject({
      code: "invalid_grant",
      message: "server_not_configured",
    });
    const { tokens } = await refresh(here, refreshToken);
    expect(claimsOf(tokens).aud).toBe("https://gw.example/notes/mcp");
    expect(await failureOf(refresh(without, refreshToken))).toMatchObject({
      code: "invalid_grant",
      message: "server_not_configured",
    });
  });

  it.each(["client_request", "code_reuse", "refresh_reuse"] as const)(
    "TOK-7 refuses a session revoked for %s",
    async (because) => {
      const { refreshToken, session } = await signIn(here);
      const stored = await here.documents.read(session, parseRefreshToken(refreshToken)?.user ?? "");
      if (stored) await revokeSession(here, stored, because);
      expect(await failureOf(refresh(there, refreshToken))).toMatchObject({
        code: "invalid_grant",
        message: "session_revoked",
      });
    },
  );
});

describe("several servers", () => {
  const NOTES = "https://gw.example/notes/mcp";
  const GRAPH = "https://gw.example/mcp";

  it("TOK-6 gives an access token for another of the session's servers, with its scopes alone", async () => {
    const { refreshToken } = await signIn(here, BOTH_SERVERS);
    sessions.upstream.asked.length = 0;
    const notes = await refresh(here, refreshToken, { server: "notes" });
    expect(claimsOf(notes.tokens)).toMatchObject({ aud: NOTES, scope: "notes.read offline_access" });
    expect(sessions.upstream.asked.map(({ scope }) => scope)).toEqual(["api://notes/Notes.Use"]);
    const graph = await refresh(here, notes.next, { server: "graph" });
    expect(claimsOf(graph.tokens)).toMatchObject({
      aud: GRAPH,
      scope: "mcp.tools mcp.admin offline_access",
    });
    const unnamed = await refresh(here, graph.next);
    expect(claimsOf(unnamed.tokens).aud).toBe(GRAPH);
  });

  it("TOK-6 narrows to scopes of that server, and the next refresh has the whole grant again", async () => {
    const { refreshToken } = await signIn(here, BOTH_SERVERS);
    const narrow = await refresh(here, refreshToken, {
      server: "notes",
      scopes: ["notes.read", "mcp.admin"],
    });
    expect(narrow.tokens.scopes).toEqual(["notes.read"]);
    const whole = await refresh(here, narrow.next, { server: "graph" });
    expect(whole.tokens.scopes).toEqual(["mcp.tools", "mcp.admin", "offline_access"]);
  });

  it("TOK-5 gives a replay for another server an access token for that, and the same refresh token", async () => {
    const { refreshToken } = await signIn(here, BOTH_SERVERS);
    const first = await refresh(here, refreshToken);
    sessions.store.operations();
    const other = await refresh(there, refreshToken, { server: "notes" });
    expect(sessions.store.operations()).toEqual({ "sessions read": 1 });
    expect(other).toMatchObject({ replayed: true, next: first.next });
    expect(claimsOf(other.tokens)).toMatchObject({ aud: NOTES, scope: "notes.read offline_access" });
    const same = await refresh(there, refreshToken, { server: "graph" });
    expect(same.tokens).toEqual(first.tokens);
    await expect(refresh(here, other.next, { server: "notes" })).resolves.toMatchObject({ replayed: false });
  });

  it("TOK-5 gives simultaneous refreshes for two servers one refresh token, and each its access token", async () => {
    const { refreshToken } = await signIn(here, BOTH_SERVERS);
    const [graph, notes] = await Promise.all([
      refresh(here, refreshToken, { server: "graph" }),
      refresh(there, refreshToken, { server: "notes" }),
    ]);
    expect(graph.next).toBe(notes.next);
    expect([claimsOf(graph.tokens).aud, claimsOf(notes.tokens).aud]).toEqual([GRAPH, NOTES]);
  });

  it("TOK-5 TOK-6 refuses a server beyond the grant, replayed or not", async () => {
    const { refreshToken } = await signIn(here, { servers: ["notes"], scopes: ["notes.read"] });
    for (let use = 0; use < 2; use++) {
      expect(await failureOf(refresh(here, refreshToken, { server: "graph" }))).toMatchObject({
        code: "invalid_target",
      });
      await refresh(here, refreshToken, { server: "notes" });
    }
  });
});

describe("the user's Entra token", () => {
  it("TOK-6 is asked for with the kept tokens and the server's scope", async () => {
    const { refreshToken } = await signIn(here);
    sessions.upstream.asked.length = 0;
    await refresh(here, refreshToken);
    const scope = "api://b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20/Mcp.Access";
    expect(sessions.upstream.asked).toEqual([{ tokens: ENTRA_TOKENS, scope }]);
  });

  it("TOK-6 is renewed with the refresh, in the same write", async () => {
    const { refreshToken, session } = await signIn(here);
    entraRenews();
    sessions.store.operations();
    await refresh(here, refreshToken);
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
    const { entra = "" } = await sessions.stored(session);
    expect(await unsealEntraTokens(sessions.keys, session, entra)).toEqual({
      ...ENTRA_TOKENS,
      cache: "renewed-entra-tokens-1",
    });
  });

  it("TOK-6 is not sealed anew when Entra was not asked", async () => {
    const { refreshToken, session } = await signIn(here);
    const { entra } = await sessions.stored(session);
    await refresh(here, refreshToken);
    expect((await sessions.stored(session)).entra).toBe(entra);
  });

  it("TOK-6 ends the refresh with invalid_grant when Entra refuses, and changes nothing", async () => {
    const { refreshToken, session } = await signIn(here);
    const before = await sessions.stored(session);
    sessions.upstream.answer = () => Promise.reject(new UpstreamError("refused", "AADSTS50173"));
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({
      name: "OAuthError",
      code: "invalid_grant",
      message: "entra_refused AADSTS50173",
      description: "The user has to sign in again.",
    });
    expect(await sessions.stored(session)).toEqual(before);
  });

  it("TOK-6 ends the refresh with invalid_grant when the user has lost the role, and changes nothing", async () => {
    const { refreshToken, session } = await signIn(here);
    const before = await sessions.stored(session);
    const answer = { token: "entra-token", expiresAt: sessions.clock.now() + 3600 };
    sessions.upstream.answer = () => ({ ...answer, roles: ["Mcp.Other"] });
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({
      code: "invalid_grant",
      message: "role_missing",
      description: "The user may no longer use this resource.",
    });
    expect(await sessions.stored(session)).toEqual(before);
    sessions.upstream.answer = () => ({ ...answer, roles: ["Mcp.Admin"] });
    await expect(refresh(here, refreshToken)).resolves.toMatchObject({ replayed: false });
  });

  it("TOK-6 takes a group in place of the role, and asks for it anew each time", async () => {
    const gateway = resolvedGateway();
    const servers = gateway.servers.map((server) => ({ ...server, groups: ["the-group"] }));
    const asking = sessions.instance({ gateway: { ...gateway, servers } });
    const { refreshToken } = await signIn(asking);
    const answer = { token: "entra-token", expiresAt: sessions.clock.now() + 3600, roles: [] };
    for (const groups of [undefined, [], ["another"], "overage"] as const) {
      sessions.upstream.answer = () => ({ ...answer, ...(groups && { groups }) });
      expect(await failureOf(refresh(asking, refreshToken))).toMatchObject({
        code: "invalid_grant",
        message: "role_missing",
      });
    }
    sessions.upstream.answer = () => ({ ...answer, groups: ["another", "the-group"] });
    await expect(refresh(asking, refreshToken)).resolves.toMatchObject({ replayed: false });
  });

  it("TOK-6 asks for a role at the server that the refresh is for, and at no other", async () => {
    const { refreshToken } = await signIn(here, BOTH_SERVERS);
    const expiresAt = sessions.clock.now() + 3600;
    sessions.upstream.answer = () => ({ token: "entra-token", expiresAt, roles: [] });
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ message: "role_missing" });
    await expect(refresh(here, refreshToken, { server: "notes" })).resolves.toBeDefined();
  });

  it("TOK-6 SES-4 leaves the refresh token good when Entra is out", async () => {
    const { refreshToken } = await signIn(here);
    sessions.upstream.answer = () => Promise.reject(new UpstreamError("unavailable", "network_error"));
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({
      name: "UpstreamError",
      kind: "unavailable",
    });
    sessions.upstream.answer = new TestUpstream(sessions.clock.now).answer;
    await expect(refresh(here, refreshToken)).resolves.toMatchObject({ replayed: false });
  });

  it("SES-2 ends the refresh with invalid_grant when the key that it lies under is gone", async () => {
    const { refreshToken } = await signIn(here);
    const rekeyed = sessions.instance({ keys: otherKeys });
    expect(await failureOf(refresh(rekeyed, refreshToken))).toMatchObject({
      code: "invalid_grant",
      message: "entra_refused kept_tokens_do_not_open",
    });
  });
});

describe("refreshing while others write", () => {
  it("SES-4 TOK-5 loses to an instance that refreshed between read and write, and gives its answer", async () => {
    const { refreshToken } = await signIn(here);
    let first: Awaited<ReturnType<typeof refresh>> | undefined;
    here.documents.meddle = async () => {
      first = await refresh(there, refreshToken);
    };
    const second = await refresh(here, refreshToken);
    expect(second).toMatchObject({ tokens: first?.tokens, replayed: true });
  });

  it("SES-4 TOK-7 gives nothing out when the session was revoked between read and write", async () => {
    const { refreshToken } = await signIn(here);
    here.documents.meddle = (stored) => revokeSession(there, stored, "client_request");
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ message: "session_revoked" });
  });

  it("SES-4 looks again when the user's token was renewed between read and write, and keeps that", async () => {
    const { refreshToken, session, tokens } = await signIn(here);
    const { sub: user, aud } = claimsOf(tokens);
    here.documents.meddle = async () => {
      entraRenews();
      await userToken(there, { user, session }, aud);
      sessions.upstream.answer = new TestUpstream(sessions.clock.now).answer;
    };
    await expect(refresh(here, refreshToken)).resolves.toMatchObject({ replayed: false });
    const { entra = "" } = await sessions.stored(session);
    expect((await unsealEntraTokens(sessions.keys, session, entra)).cache).toBe("renewed-entra-tokens-1");
  });

  it("SES-4 TOK-5 sees a reuse through when the session was written meanwhile", async () => {
    const { refreshToken, session } = await signIn(here);
    const { next } = await refresh(here, refreshToken);
    sessions.clock.advance(60);
    here.documents.meddle = () => refresh(there, next);
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ message: "refresh_reuse" });
    expect((await sessions.stored(session)).revoked?.because).toBe("refresh_reuse");
  });

  it("SES-4 gives up on a session that keeps changing, with nothing given out", async () => {
    const { refreshToken } = await signIn(here);
    const disturb: NonNullable<typeof here.documents.meddle> = async ({ document, etag }) => {
      await there.documents.replace({ ...document }, etag);
      here.documents.meddle = disturb;
    };
    here.documents.meddle = disturb;
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({
      name: "StoreError",
      kind: "unavailable",
      cause: { message: "the session kept changing" },
    });
    await expect(refresh(there, refreshToken)).resolves.toMatchObject({ replayed: false });
  });

  it("SES-4 TOK-5 refreshes though the store did not say that it was written, by one more read", async () => {
    const { refreshToken, session } = await signIn(here);
    here.documents.lose = "the answer";
    sessions.store.operations();
    const { next } = await refresh(here, refreshToken);
    expect(sessions.store.operations()).toEqual({ "sessions read": 2, "sessions replace": 1 });
    sessions.clock.advance(61);
    await expect(refresh(there, next)).resolves.toMatchObject({ replayed: false });
    expect((await sessions.stored(session)).revoked).toBeUndefined();
  });

  it.each(["the answer", "the write"] as const)(
    "SES-4 TOK-5 lets a client try again when %s was lost and nobody can tell which: no reuse, no second family",
    async (lost) => {
      const { refreshToken, session } = await signIn(here);
      here.documents.lose = lost;
      here.documents.loseReadBack = true;
      const request = { refreshToken, clientId: "client" };
      expect(await failureOf(refreshSession(here, request))).toMatchObject({
        name: "StoreError",
        kind: "unavailable",
      });
      const again = await refreshSession(there, request);
      expect(again).toMatchObject({ subject: { session }, replayed: lost === "the answer" });
      const next = { refreshToken: again?.tokens.refreshToken ?? "", clientId: "client" };
      expect(await refreshSession(here, next)).toMatchObject({ subject: { session }, replayed: false });
      expect((await sessions.stored(session)).revoked).toBeUndefined();
    },
  );

  it("SES-4 leaves the refresh token good when the write was not made", async () => {
    const { refreshToken } = await signIn(here);
    here.documents.lose = "the write";
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ name: "StoreError" });
    await expect(refresh(here, refreshToken)).resolves.toMatchObject({ replayed: false });
  });

  it("SES-4 takes another's refresh for no write of its own", async () => {
    const { refreshToken } = await signIn(here);
    here.documents.meddle = () => refresh(there, refreshToken);
    here.documents.lose = "the write";
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ name: "StoreError" });
  });

  it("SES-4 TOK-5 gives the answer to a client whose refresh was written but not answered", async () => {
    const { refreshToken } = await signIn(here);
    const replace = there.documents.replace.bind(there.documents);
    there.documents.replace = async (document, etag) => {
      await replace(document, etag);
      throw new Error("the connection broke");
    };
    await failureOf(refresh(there, refreshToken));
    const { next } = await refresh(here, refreshToken);
    await expect(refresh(here, next)).resolves.toMatchObject({ replayed: false });
  });
});
