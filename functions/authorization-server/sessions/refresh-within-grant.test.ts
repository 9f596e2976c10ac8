import { beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { refresh } from "../testing/refreshing.ts";
import { BOTH_SERVERS, claimsOf, type Instance, signIn, useSessions } from "../testing/sessions.ts";
import { parseRefreshToken } from "./handles.ts";
import { revokeSession } from "./revoke.ts";

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
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
    for (const scopes of [["mcp.admin"], ["mcp.tools", "mcp.admin"], ["notes.read"], ["made.up"]]) {
      expect(await failureOf(refresh(here, refreshToken, { scopes }))).toMatchObject({
        code: "invalid_scope",
      });
    }
    expect(await sessions.stored(session)).toEqual(before);
    await expect(refresh(here, refreshToken)).resolves.toBeDefined();
  });

  it.each<[scopes: string[], granted: string]>([
    [["mcp.tools", "offline_access"], "mcp.tools"],
    [["offline_access"], "mcp.tools"],
    [["mcp.tools", "openid", "profile", "email"], "mcp.tools"],
    [["openid"], "mcp.tools"],
    [[], "mcp.tools"],
  ])("AUT-8 TOK-6 takes no scope of OpenID Connect for a widening: %j", async (scopes, granted) => {
    const { refreshToken } = await signIn(here, { scopes: ["mcp.tools"] });
    const { tokens } = await refresh(here, refreshToken, { scopes });
    expect([tokens.scopes, claimsOf(tokens).scope]).toEqual([[granted], granted]);
  });

  it("TOK-6 keeps offline_access where it was granted and is asked for", async () => {
    const { refreshToken } = await signIn(here, { scopes: ["mcp.tools", "mcp.admin", "offline_access"] });
    const narrow = await refresh(here, refreshToken, { scopes: ["offline_access", "mcp.tools"] });
    expect(narrow.tokens.scopes).toEqual(["mcp.tools", "offline_access"]);
    const without = await refresh(here, narrow.next, { scopes: ["mcp.tools"] });
    expect(without.tokens.scopes).toEqual(["mcp.tools"]);
  });

  it("TOK-6 takes a server's own scope for a widening where it has the name of one of OpenID Connect's", async () => {
    const [graph, ...others] = resolvedGateway().servers;
    const email = { name: "email", description: "read mail", required: false };
    const servers = graph ? [{ ...graph, scopes: [...graph.scopes, email] }, ...others] : [];
    const context = sessions.instance({ gateway: { ...resolvedGateway(), servers } });
    const { refreshToken } = await signIn(context, { scopes: ["mcp.tools"] });
    expect(await failureOf(refresh(context, refreshToken, { scopes: ["mcp.tools", "email"] }))).toMatchObject(
      {
        code: "invalid_scope",
      },
    );
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
