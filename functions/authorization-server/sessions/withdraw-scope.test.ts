import { beforeEach, describe, expect, it } from "vitest";
import { claimsOf, GRANT, type Instance, signIn, useSessions } from "../testing/sessions.ts";
import { refreshSession } from "./refresh.ts";
import { withdrawScope } from "./withdraw-scope.ts";

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
});

async function signedIn(changes: Partial<typeof GRANT> = {}) {
  const { session, refreshToken, tokens } = await signIn(here, changes);
  return { place: { user: claimsOf(tokens).sub, session }, refreshToken };
}

const refresh = (refreshToken: string, scopes?: readonly string[]) =>
  refreshSession(there, { refreshToken, clientId: GRANT.client.id, ...(scopes && { scopes }) });

describe("withdrawScope", () => {
  it("CON-8 takes one scope out of a session, which continues: one point read and one conditional write", async () => {
    const { place, refreshToken } = await signedIn();
    sessions.store.operations();
    expect((await withdrawScope(here, place, "mcp.admin"))?.scopes).toEqual(["mcp.tools", "mcp.admin"]);
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
    const { scopes, leftOut } = await sessions.stored(place.session);
    expect([scopes, leftOut]).toEqual([["mcp.tools"], ["mcp.admin"]]);
    const refreshed = await refresh(refreshToken);
    expect(refreshed?.tokens.scopes).toEqual(["mcp.tools"]);
    expect(refreshed && claimsOf(refreshed.tokens).scope).toBe("mcp.tools");
  });

  it("CON-8 lets a client that repeats what it once asked for refresh, without what was withdrawn", async () => {
    const { place, refreshToken } = await signedIn();
    await withdrawScope(here, place, "mcp.admin");
    const refreshed = await refresh(refreshToken, ["mcp.tools", "mcp.admin"]);
    expect(refreshed?.tokens.scopes).toEqual(["mcp.tools"]);
  });

  it("CON-8 holds for the answer to a refresh that comes once more", async () => {
    const { place, refreshToken } = await signedIn();
    expect((await refresh(refreshToken))?.tokens.scopes).toEqual(["mcp.tools", "mcp.admin"]);
    await withdrawScope(here, place, "mcp.admin");
    const replayed = await refresh(refreshToken);
    expect(replayed).toMatchObject({ replayed: true, tokens: { scopes: ["mcp.tools"] } });
    expect(replayed && claimsOf(replayed.tokens).scope).toBe("mcp.tools");
  });

  it.each([
    ["a required scope", "mcp.tools"],
    ["a scope that was not granted", "notes.write"],
    ["staying connected", "offline_access"],
    ["nothing", ""],
  ])("CON-8 changes nothing for %s", async (_, scope) => {
    const { place } = await signedIn({ scopes: ["mcp.tools", "mcp.admin", "offline_access"] });
    const before = await sessions.stored(place.session);
    expect(await withdrawScope(here, place, scope)).toBeUndefined();
    expect(await sessions.stored(place.session)).toEqual(before);
  });

  it("CON-8 changes nothing of another person's session, or of one that has ended", async () => {
    const { place } = await signedIn();
    const another = { ...place, user: "A".repeat(43) };
    expect(await withdrawScope(here, another, "mcp.admin")).toBeUndefined();
    sessions.clock.advance(91 * 86_400);
    expect(await withdrawScope(here, place, "mcp.admin")).toBeUndefined();
  });

  it("SES-4 CON-8 wins against a refresh that began before, and is not lost to one either", async () => {
    const { place, refreshToken } = await signedIn();
    const [withdrawn, refreshed] = await Promise.all([
      withdrawScope(here, place, "mcp.admin"),
      refresh(refreshToken),
    ]);
    expect(withdrawn).toBeDefined();
    expect((await sessions.stored(place.session)).scopes).toEqual(["mcp.tools"]);
    const next = await refresh(refreshed?.tokens.refreshToken ?? "");
    expect(next?.tokens.scopes).toEqual(["mcp.tools"]);
  });
});
