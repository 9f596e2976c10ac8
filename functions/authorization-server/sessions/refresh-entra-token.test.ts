import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyRing } from "../keys/key-ring.ts";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { makeKeyRing } from "../testing/keys.ts";
import { entraRenews, refresh } from "../testing/refreshing.ts";
import { BOTH_SERVERS, ENTRA_TOKENS, type Instance, signIn, useSessions } from "../testing/sessions.ts";
import { TestUpstream } from "../testing/upstream.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { unsealEntraTokens } from "./entra-tokens.ts";

const sessions = useSessions();
let otherKeys: KeyRing;
let here: Instance;
beforeAll(async () => {
  otherKeys = await makeKeyRing();
});
beforeEach(() => {
  here = sessions.instance();
  sessions.upstream.answer = new TestUpstream(sessions.clock.now).answer;
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
    entraRenews(sessions);
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

  it("TOK-6 asks for a role also when the refresh is replayed for another server", async () => {
    const { refreshToken } = await signIn(here, BOTH_SERVERS);
    await refresh(here, refreshToken, { server: "notes" });
    const expiresAt = sessions.clock.now() + 3600;
    sessions.upstream.answer = () => ({ token: "entra-token", expiresAt, roles: [] });
    expect(await failureOf(refresh(here, refreshToken, { server: "graph" }))).toMatchObject({
      message: "role_missing",
    });
    await expect(refresh(here, refreshToken, { server: "notes" })).resolves.toMatchObject({ replayed: true });
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
