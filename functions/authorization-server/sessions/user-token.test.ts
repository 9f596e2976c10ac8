import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { randomId, randomSecret } from "../crypto/secrets.ts";
import { KeyError, type KeyRing } from "../keys/key-ring.ts";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { makeKeyRing } from "../testing/keys.ts";
import {
  BOTH_SERVERS,
  claimsOf,
  ENTRA_TOKENS,
  GRANT,
  type Instance,
  signIn,
  USER,
  useSessions,
} from "../testing/sessions.ts";
import { TestUpstream } from "../testing/upstream.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { unsealEntraTokens } from "./entra-tokens.ts";
import { revokeSession } from "./revoke.ts";
import { userToken } from "./user-token.ts";

/** What lets a person use the first server. */
const ROLES = ["Mcp.User"];

const sessions = useSessions();
let otherKeys: KeyRing;
let here: Instance;
let there: Instance;
beforeAll(async () => {
  otherKeys = await makeKeyRing();
});
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
  sessions.upstream.answer = new TestUpstream(sessions.clock.now).answer;
});

/** Signs in. Gives what the gateway knows from the proxy token. */
async function signedIn(context: Instance = here, changes: Parameters<typeof signIn>[1] = {}) {
  const { tokens, session } = await signIn(context, changes);
  const { sub: user, aud } = claimsOf(tokens);
  return { place: { user, session }, aud };
}

function entraGives(expiresIn: number) {
  sessions.upstream.answer = () => ({
    token: "entra-token",
    expiresAt: sessions.clock.now() + expiresIn,
    roles: ROLES,
  });
}

/** @param roles in the renewed token */
function entraRenews(roles = ROLES) {
  let count = 0;
  sessions.upstream.answer = (tokens) => ({
    token: `renewed-token-${++count}`,
    expiresAt: sessions.clock.now() + 3600,
    roles,
    renewed: { ...tokens, cache: `renewed-entra-tokens-${count}` },
  });
}

describe("userToken", () => {
  it("GW-2 gives the user's token for the session's server, on any instance, by one point read", async () => {
    const { place, aud } = await signedIn();
    sessions.store.operations();
    sessions.upstream.asked.length = 0;
    expect(await userToken(there, place, aud)).toEqual({
      token: `entra-token of ${ENTRA_TOKENS.cache}`,
      cacheSeconds: 300,
      withdrawn: [],
    });
    expect(sessions.store.operations()).toEqual({ "sessions read": 1 });
    const scope = "api://b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20/Mcp.Access";
    expect(sessions.upstream.asked).toEqual([{ tokens: ENTRA_TOKENS, scope }]);
  });

  it.each([
    ["another server's", "https://gw.example/notes/mcp"],
    ["a longer", "https://gw.example/mcp-other"],
    ["a shorter", "https://gw.example/"],
    ["one with a slash behind", "https://gw.example/mcp/"],
    ["one in upper case", "https://GW.example/mcp"],
    ["an empty", ""],
  ])("TOK-9 gives nothing for %s resource, and does not ask Entra", async (_, resource) => {
    const { place } = await signedIn();
    sessions.upstream.asked.length = 0;
    expect(await userToken(here, place, resource)).toBeUndefined();
    expect(sessions.upstream.asked).toEqual([]);
  });

  it("GW-2 TOK-9 gives each server of a session the token for its own scope", async () => {
    const { place } = await signedIn(here, BOTH_SERVERS);
    sessions.upstream.answer = (_, scope) => ({
      token: `token for ${scope}`,
      expiresAt: sessions.clock.now() + 3600,
      roles: ROLES,
    });
    for (const [resource, scope] of [
      ["https://gw.example/mcp", "api://b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20/Mcp.Access"],
      ["https://gw.example/notes/mcp", "api://notes/Notes.Use"],
    ] as const) {
      expect(await userToken(here, place, resource)).toMatchObject({ token: `token for ${scope}` });
    }
  });

  it("GW-2 gives nothing for a session that nobody knows, nor for another person's", async () => {
    const { place, aud } = await signedIn();
    expect(await userToken(here, { ...place, session: randomId() }, aud)).toBeUndefined();
    expect(await userToken(here, { ...place, user: randomSecret() }, aud)).toBeUndefined();
  });

  it("TOK-7 gives nothing once the session was revoked, and does not ask Entra", async () => {
    const { place, aud } = await signedIn();
    const stored = await here.documents.read(place.session, place.user);
    if (stored) await revokeSession(here, stored, "client_request");
    sessions.upstream.asked.length = 0;
    expect(await userToken(there, place, aud)).toBeUndefined();
    expect(sessions.upstream.asked).toEqual([]);
  });

  it("GW-2 gives nothing for a server whose role the user has lost, and the other servers' tokens all the same", async () => {
    const { place } = await signedIn(here, BOTH_SERVERS);
    const at = (resource: string) => userToken(here, place, resource);
    const expiresAt = sessions.clock.now() + 3600;
    sessions.upstream.answer = () => ({ token: "entra-token", expiresAt, roles: [] });
    expect(await at("https://gw.example/mcp")).toBeUndefined();
    expect(await at("https://gw.example/notes/mcp")).toMatchObject({ token: "entra-token" });
    sessions.upstream.answer = () => ({ token: "entra-token", expiresAt, roles: ["Mcp.Admin"] });
    expect(await at("https://gw.example/mcp")).toMatchObject({ token: "entra-token" });
  });

  it("SES-3 gives nothing from the second on in which the session ends", async () => {
    const context = sessions.instance({ gateway: resolvedGateway({ lifetimes: { session: 1000 } }) });
    const { place, aud } = await signedIn(context);
    sessions.clock.advance(999);
    expect(await userToken(context, place, aud)).toMatchObject({ cacheSeconds: 1 });
    sessions.clock.advance(1);
    expect(await userToken(context, place, aud)).toBeUndefined();
  });

  it("gives nothing for a server that was removed from the configuration", async () => {
    const { place, aud } = await signedIn(here, { servers: ["notes"], scopes: ["notes.read"] });
    const [graph] = resolvedGateway().servers;
    const without = sessions.instance({ gateway: { ...resolvedGateway(), servers: graph ? [graph] : [] } });
    expect(await userToken(without, place, aud)).toBeUndefined();
    expect(await userToken(here, place, aud)).toBeDefined();
  });
});

describe("how long the gateway may keep it", () => {
  it.each([
    ["the configured time at most", 3600, 300],
    ["the configured time when just that is left", 600, 300],
    ["up to five minutes before its end", 599, 299],
    ["one second", 301, 1],
    ["not at all in its last five minutes", 300, 0],
    ["not at all near its end", 1, 0],
    ["not at all when it has ended", -1, 0],
  ])("GW-3 is %s", async (_, expiresIn, seconds) => {
    const { place, aud } = await signedIn();
    entraGives(expiresIn);
    expect(await userToken(here, place, aud)).toMatchObject({ token: "entra-token", cacheSeconds: seconds });
  });

  it("GW-3 counts from when Entra has answered, not from when it was asked", async () => {
    const { place, aud } = await signedIn();
    const expiresAt = sessions.clock.now() + 400;
    sessions.upstream.answer = () => {
      sessions.clock.advance(20);
      return { token: "entra-token", expiresAt, roles: ROLES };
    };
    expect(await userToken(here, place, aud)).toMatchObject({ cacheSeconds: 80 });
  });
});

describe("a token near its end", () => {
  it("GW-5 is renewed, and what Entra renewed is written: one point read and one conditional write", async () => {
    const { place, aud } = await signedIn();
    entraRenews();
    sessions.store.operations();
    expect(await userToken(here, place, aud)).toMatchObject({ token: "renewed-token-1", cacheSeconds: 300 });
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
    const { entra = "" } = await sessions.stored(place.session);
    expect(await unsealEntraTokens(sessions.keys, place.session, entra)).toEqual({
      ...ENTRA_TOKENS,
      cache: "renewed-entra-tokens-1",
    });
  });

  it("SES-1 lies in no record in the clear", async () => {
    const { place, aud } = await signedIn();
    entraRenews();
    await userToken(here, place, aud);
    expect(JSON.stringify(await sessions.stored(place.session))).not.toContain("renewed");
  });

  it("SES-4 is asked for again when the write was lost, with what the winner kept", async () => {
    const { place, aud } = await signedIn();
    entraRenews();
    here.documents.meddle = () => userToken(there, place, aud);
    sessions.upstream.asked.length = 0;
    expect(await userToken(here, place, aud)).toMatchObject({ token: "renewed-token-3" });
    expect(sessions.upstream.asked.map(({ tokens }) => tokens.cache)).toEqual([
      ENTRA_TOKENS.cache,
      ENTRA_TOKENS.cache,
      "renewed-entra-tokens-1",
    ]);
  });

  it("TOK-7 SES-4 is not given out when the session was revoked between read and write", async () => {
    const { place, aud } = await signedIn();
    entraRenews();
    here.documents.meddle = (stored) => revokeSession(there, stored, "client_request");
    expect(await userToken(here, place, aud)).toBeUndefined();
    expect(await sessions.stored(place.session)).not.toHaveProperty("entra");
  });

  it("SES-4 says so when the session keeps changing", async () => {
    const { place, aud } = await signedIn();
    entraRenews();
    const disturb: NonNullable<typeof here.documents.meddle> = async ({ document, etag }) => {
      await there.documents.replace({ ...document }, etag);
      here.documents.meddle = disturb;
    };
    here.documents.meddle = disturb;
    expect(await failureOf(userToken(here, place, aud))).toMatchObject({ kind: "unavailable" });
  });

  it("GW-2 is not given out when the user has lost the role, and what Entra renewed is kept", async () => {
    const { place, aud } = await signedIn();
    entraRenews(["Mcp.Other"]);
    expect(await userToken(here, place, aud)).toBeUndefined();
    const { entra = "" } = await sessions.stored(place.session);
    expect((await unsealEntraTokens(sessions.keys, place.session, entra)).cache).toBe(
      "renewed-entra-tokens-1",
    );
  });

  it.each(["refused", "unavailable"] as const)(
    "TOK-6 says when Entra is %s, and changes nothing",
    async (kind) => {
      const { place, aud } = await signedIn();
      const before = await sessions.stored(place.session);
      sessions.upstream.answer = () => Promise.reject(new UpstreamError(kind, "AADSTS50173"));
      expect(await failureOf(userToken(here, place, aud))).toMatchObject({ name: "UpstreamError", kind });
      expect(await sessions.stored(place.session)).toEqual(before);
    },
  );

  it("SES-2 needs a new sign-in when the key that it lies under is gone", async () => {
    const { place, aud } = await signedIn();
    const rekeyed = sessions.instance({ keys: otherKeys });
    expect(await failureOf(userToken(rekeyed, place, aud))).toMatchObject({
      kind: "refused",
      message: "entra_refused kept_tokens_do_not_open",
    });
  });

  it("SES-4 needs no new sign-in when that key cannot be had now", async () => {
    const { place, aud } = await signedIn();
    const before = await sessions.stored(place.session);
    const outage = new KeyError("unavailable", "429 Throttled");
    const keys = { ...sessions.keys, dataKeyById: () => Promise.reject(outage) };
    const refusal = { claims: "{}" };
    expect(await failureOf(userToken(sessions.instance({ keys }), place, aud, refusal))).toBe(outage);
    expect(await sessions.stored(place.session)).toEqual(before);
  });

  it("SES-1 does not open with what another session keeps", async () => {
    const [one, two] = [await signedIn(), await signedIn(here, { ...GRANT })];
    const stored = await here.documents.read(one.place.session, one.place.user);
    const { entra = "" } = await sessions.stored(two.place.session);
    if (stored) await here.documents.replace({ ...stored.document, entra }, stored.etag);
    expect(await failureOf(userToken(here, one.place, one.aud))).toMatchObject({ kind: "refused" });
  });
});

describe("after a backend's refusal", () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';

  it("GW-9 is renewed before its time, with the claims that the backend asked for", async () => {
    const { place, aud } = await signedIn();
    entraRenews();
    sessions.store.operations();
    sessions.upstream.asked.length = 0;
    expect(await userToken(here, place, aud, { claims })).toMatchObject({ token: "renewed-token-1" });
    expect(sessions.upstream.asked).toMatchObject([{ renewal: { claims } }]);
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
  });

  it("GW-9 is renewed before its time at most once in 30 seconds, on any instance", async () => {
    const { place, aud } = await signedIn();
    entraRenews();
    await userToken(here, place, aud, {});
    sessions.upstream.asked.length = 0;
    sessions.clock.advance(29);
    await userToken(there, place, aud, { claims });
    sessions.clock.advance(1);
    await userToken(there, place, aud, {});
    expect(sessions.upstream.asked.map(({ renewal }) => renewal)).toEqual([undefined, {}]);
  });

  it("GW-9 is not held up by an ordinary renewal just before", async () => {
    const { place, aud } = await signedIn();
    entraRenews();
    await userToken(here, place, aud);
    sessions.upstream.asked.length = 0;
    await userToken(here, place, aud, {});
    expect(sessions.upstream.asked).toMatchObject([{ renewal: {} }]);
  });

  it("GW-9 ends the session when Entra refuses to renew it", async () => {
    const { place, aud } = await signedIn();
    const wanted = '{"access_token":{"capolids":{"essential":true}}}';
    sessions.upstream.answer = () => Promise.reject(new UpstreamError("refused", "AADSTS50076", wanted));
    expect(await userToken(here, place, aud, { claims })).toEqual({
      reason: "entra_refused AADSTS50076",
      subject: { client: "client", servers: "graph", session: place.session, user: USER.objectId },
      server: "graph",
      claims:
        '{"access_token":{"nbf":{"essential":true,"value":"1604106651"},"capolids":{"essential":true}}}',
    });
    const stored = await sessions.stored(place.session);
    expect(stored.revoked).toEqual({ at: sessions.clock.now(), because: "entra_refused" });
    expect(stored).not.toHaveProperty("entra");
  });

  it("GW-9 changes nothing when Entra cannot be reached", async () => {
    const { place, aud } = await signedIn();
    const before = await sessions.stored(place.session);
    sessions.upstream.answer = () => Promise.reject(new UpstreamError("unavailable", "network_error"));
    expect(await failureOf(userToken(here, place, aud, {}))).toMatchObject({ kind: "unavailable" });
    expect(await sessions.stored(place.session)).toEqual(before);
  });
});
