import { beforeEach, describe, expect, it } from "vitest";
import { randomId, randomSecret } from "../crypto/secrets.ts";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { refresh } from "../testing/refreshing.ts";
import { claimsOf, GRANT, type Instance, signIn, useSessions } from "../testing/sessions.ts";
import { formatCode, formatRefreshToken, parseRefreshToken } from "./handles.ts";
import { refreshSession } from "./refresh.ts";

const DAY = 24 * 3600;

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
});

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
