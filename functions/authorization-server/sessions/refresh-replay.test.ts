import { beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { refresh } from "../testing/refreshing.ts";
import { BOTH_SERVERS, claimsOf, type Instance, signIn, useSessions } from "../testing/sessions.ts";

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
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

  it("TOK-12 gives no more scope than the replay asks for, with the same refresh token and no write", async () => {
    const { refreshToken } = await signIn(here);
    const { tokens, next } = await refresh(here, refreshToken);
    sessions.store.operations();
    const narrow = await refresh(there, refreshToken, { scopes: ["mcp.tools"] });
    expect(sessions.store.operations()).toEqual({ "sessions read": 1 });
    expect(narrow).toMatchObject({ replayed: true, next });
    expect([narrow.tokens.scopes, claimsOf(narrow.tokens).scope]).toEqual([["mcp.tools"], "mcp.tools"]);
    expect((await refresh(there, refreshToken)).tokens).toEqual(tokens);
  });

  it("TOK-12 TOK-5 gives the same tokens again where the replay asks for as much or more, in any order", async () => {
    const { refreshToken } = await signIn(here, { scopes: ["mcp.tools", "mcp.admin", "offline_access"] });
    const { tokens } = await refresh(here, refreshToken, { scopes: ["mcp.admin", "mcp.tools"] });
    for (const scopes of [["mcp.tools", "mcp.admin"], ["mcp.tools", "mcp.admin", "offline_access"], []]) {
      expect((await refresh(there, refreshToken, { scopes })).tokens).toEqual(tokens);
    }
    expect((await refresh(there, refreshToken)).tokens).toEqual(tokens);
  });

  it("TOK-12 narrows a replay for another of the session's servers", async () => {
    const { refreshToken } = await signIn(here, BOTH_SERVERS);
    await refresh(here, refreshToken);
    const notes = await refresh(there, refreshToken, { server: "notes", scopes: ["notes.read"] });
    expect(notes.tokens.scopes).toEqual(["notes.read"]);
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
