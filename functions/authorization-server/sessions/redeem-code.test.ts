import { beforeEach, describe, expect, it } from "vitest";
import { hashOf, randomId, randomSecret } from "../crypto/secrets.ts";
import { failureOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import {
  BOTH_SERVERS,
  begin,
  claimsOf,
  ENTRA_TOKENS,
  GRANT,
  type Instance,
  REDIRECT_URI,
  redeem,
  signIn,
  useSessions,
  VERIFIER,
} from "../testing/sessions.ts";
import { formatCode, parseCode, parseRefreshToken } from "./handles.ts";
import { type CodeRedemption, redeemCode } from "./redeem-code.ts";
import { revokeSession } from "./revoke.ts";

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
});

const redemption = (code: string): CodeRedemption => ({
  code,
  clientId: GRANT.client.id,
  redirectUri: REDIRECT_URI,
  verifier: VERIFIER,
});

describe("redeemCode", () => {
  it("TOK-1 gives an access token for the MCP server and a refresh token", async () => {
    const { code, session } = await begin(here);
    const now = sessions.clock.now();
    const { tokens, server, subject } = await redeem(there, code);
    expect(server).toBe("graph");
    expect(subject).toEqual({ client: "client", servers: "graph", session, user: "object" });
    expect(claimsOf(tokens)).toEqual({
      iss: "https://gw.example",
      sub: parseCode(code)?.user,
      aud: "https://gw.example/mcp",
      client_id: "client",
      scope: "mcp.tools mcp.admin",
      jti: expect.stringMatching(/^[\w-]{22}$/),
      sid: session,
      iat: now,
      exp: now + 3600,
    });
    expect(tokens.expiresAt).toBe(now + 3600);
    expect(tokens.scopes).toEqual(["mcp.tools", "mcp.admin"]);
    expect(parseRefreshToken(tokens.refreshToken ?? "")).toMatchObject({ session });
  });

  it("takes one point read and one conditional write", async () => {
    const { code } = await begin(here);
    sessions.store.operations();
    await redeem(here, code);
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
  });

  it("SES-1 stores none of the tokens that it gives out", async () => {
    const { session, tokens, code } = await signIn(here);
    const text = JSON.stringify(await sessions.stored(session));
    const refresh = parseRefreshToken(tokens.refreshToken ?? "");
    const secrets = [tokens.accessToken, refresh?.family, refresh?.secret, parseCode(code)?.secret, VERIFIER];
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(text).not.toContain(ENTRA_TOKENS.cache);
  });

  it("is good at its last second and no longer: TOK-3, SES-3", async () => {
    const [inTime, late] = [await begin(here), await begin(here)];
    sessions.clock.advance(59);
    await expect(redeem(here, inTime.code)).resolves.toBeDefined();
    sessions.clock.advance(1);
    expect(await failureOf(redeem(here, late.code))).toMatchObject({
      code: "invalid_grant",
      message: "code_expired",
    });
  });

  it.each<[reason: string, changes: (code: string) => Partial<CodeRedemption>]>([
    [
      "code_unknown",
      (code) => {
        const handle = parseCode(code);
        return { code: handle ? formatCode({ ...handle, secret: randomSecret() }) : "" };
      },
    ],
    ["code_of_another_client", () => ({ clientId: "thief" })],
    ["redirect_uri_mismatch", () => ({ redirectUri: "http://localhost:6275/callback" })],
    ["redirect_uri_mismatch", () => ({ redirectUri: `${REDIRECT_URI}/` })],
    ["verifier_mismatch", () => ({ verifier: `${VERIFIER}x` })],
    ["verifier_mismatch", () => ({ verifier: GRANT.challenge })],
    ["verifier_malformed", () => ({ verifier: "" })],
  ])(
    "TOK-3 refuses for %s, says no more than that it is refused, and changes nothing",
    async (reason, changes) => {
      const { code, session } = await begin(here);
      const before = await sessions.stored(session);
      const failure = await failureOf(redeem(here, code, changes(code)));
      expect(failure).toMatchObject({
        name: "OAuthError",
        code: "invalid_grant",
        status: 400,
        message: reason,
        description: "The authorization code is invalid, expired, or was issued for something else.",
      });
      expect(await sessions.stored(session)).toEqual(before);
      await expect(redeem(here, code)).resolves.toBeDefined();
    },
  );

  it.each([
    ["42 characters", "v".repeat(42)],
    ["129 characters", "v".repeat(129)],
    ["a character that has to be escaped", `${"v".repeat(43)}+`],
    ["padding", `${"v".repeat(43)}=`],
    ["a line feed at its end", `${"v".repeat(43)}\n`],
    ["letters beyond ASCII", "é".repeat(43)],
  ])(
    "TOK-11 refuses a verifier of %s, though the challenge is its hash, and changes nothing",
    async (_, verifier) => {
      const { code, session } = await begin(here, { challenge: hashOf(verifier) });
      const before = await sessions.stored(session);
      expect(await failureOf(redeem(here, code, { verifier }))).toMatchObject({
        code: "invalid_grant",
        message: "verifier_malformed",
        description: "The authorization code is invalid, expired, or was issued for something else.",
      });
      expect(await sessions.stored(session)).toEqual(before);
    },
  );

  it.each(["~".repeat(43), "-._~aZ09".repeat(16)])("TOK-11 takes the verifier %s", async (verifier) => {
    const { code } = await begin(here, { challenge: hashOf(verifier) });
    await expect(redeem(here, code, { verifier })).resolves.toBeDefined();
  });

  it("TOK-3 refuses a code for another resource, and changes nothing", async () => {
    const { code } = await begin(here);
    expect(await failureOf(redeem(here, code, { server: "notes" }))).toMatchObject({
      code: "invalid_target",
      description: "The authorization code was issued for another resource.",
    });
    await expect(redeem(here, code, { server: "graph" })).resolves.toBeDefined();
  });

  it("TOK-1 TOK-3 gives an access token for the first of several servers, or the one that the client names", async () => {
    for (const [server, aud, scope] of [
      [undefined, "https://gw.example/mcp", "mcp.tools mcp.admin offline_access"],
      ["graph", "https://gw.example/mcp", "mcp.tools mcp.admin offline_access"],
      ["notes", "https://gw.example/notes/mcp", "notes.read offline_access"],
    ] as const) {
      const { code } = await begin(here, BOTH_SERVERS);
      const { tokens } = await redeem(here, code, server === undefined ? {} : { server });
      expect(claimsOf(tokens)).toMatchObject({ aud, scope });
      expect(tokens.scopes.join(" ")).toBe(scope);
    }
  });

  it("TOK-3 wants the redirect URI again only where the authorization request named it (OAuth 2.1 §4.1.3)", async () => {
    const bound = await begin(here);
    const { redirectUri: _, ...without } = redemption(bound.code);
    expect(await failureOf(redeemCode(here, without))).toMatchObject({ message: "redirect_uri_mismatch" });
    await expect(redeem(here, bound.code)).resolves.toBeDefined();

    const free = await begin(here, { boundRedirectUri: undefined });
    expect(await sessions.stored(free.session)).not.toHaveProperty("code.redirectUri");
    expect(await failureOf(redeem(here, free.code))).toMatchObject({ message: "redirect_uri_mismatch" });
    await expect(redeemCode(here, { ...without, code: free.code })).resolves.toBeDefined();
  });

  it("refuses a code for a server that was removed from the configuration, and changes nothing", async () => {
    const { code } = await begin(here, { servers: ["notes"], scopes: ["notes.read"] });
    const [graph] = resolvedGateway().servers;
    const without = sessions.instance({ gateway: { ...resolvedGateway(), servers: graph ? [graph] : [] } });
    expect(await failureOf(redeem(without, code))).toMatchObject({
      code: "invalid_grant",
      message: "server_not_configured",
    });
    await expect(redeem(here, code)).resolves.toBeDefined();
  });

  it("refuses a code whose session was revoked before", async () => {
    const { code, session } = await begin(here);
    const stored = await here.documents.read(session, parseCode(code)?.user ?? "");
    if (stored) await revokeSession(here, stored, "client_request");
    expect(await failureOf(redeem(here, code))).toMatchObject({ code: "invalid_grant" });
  });

  it.each(["", "x", "rt.a.b.c.d", "ac.a.b.c", formatCode({ user: "u", session: "s", secret: "s" })])(
    "spares the store what is no code: %j",
    async (code) => {
      sessions.store.operations();
      expect(await redeemCode(here, redemption(code))).toBeUndefined();
      expect(sessions.store.operations()).toEqual({});
    },
  );

  it("knows nothing of a code that names no session", async () => {
    const user = randomSecret();
    const { code } = await begin(here);
    const handle = parseCode(code);
    const strangers = [
      formatCode({ user, session: randomId(), secret: randomSecret() }),
      formatCode({ user, session: handle?.session ?? "", secret: handle?.secret ?? "" }),
    ];
    for (const stranger of strangers) expect(await redeemCode(here, redemption(stranger))).toBeUndefined();
  });

  it("gives a refresh token to a client that registered for it or asked for offline_access, and to no other", async () => {
    const client = { ...GRANT.client, grantTypes: ["authorization_code"] as const };
    const registered = await signIn(here, { scopes: ["mcp.tools"] });
    const asked = await signIn(here, { client, scopes: ["mcp.tools", "offline_access"] });
    const neither = await signIn(here, { client, scopes: ["mcp.tools"] });
    expect(registered.tokens.refreshToken).toBeDefined();
    expect(asked.tokens.refreshToken).toBeDefined();
    expect(neither.tokens).not.toHaveProperty("refreshToken");
    const { refresh, endsAt, createdAt } = await sessions.stored(neither.session);
    expect(refresh).toBeUndefined();
    expect(endsAt - createdAt).toBe(3600);
  });

  it("ends every token with the session, however short that is", async () => {
    const gateway = resolvedGateway({ lifetimes: { session: 100 } });
    const { tokens, session } = await signIn(sessions.instance({ gateway }));
    const { endsAt, refresh } = await sessions.stored(session);
    expect([claimsOf(tokens).exp, endsAt, refresh?.expiresAt]).toEqual(
      Array(3).fill(sessions.clock.now() + 100),
    );
  });

  it.each([
    ["as by default", {}],
    ["short refresh tokens", { refreshToken: 60 }],
    ["a short session", { session: 60 }],
    ["short access tokens", { accessToken: 60 }],
    ["long access tokens, short all else", { accessToken: 86_400, refreshToken: 1, session: 100_000 }],
  ])(
    "SES-3 lets the store drop the session no earlier than its last token ends: %s",
    async (_, lifetimes) => {
      const gateway = resolvedGateway({ lifetimes });
      for (const grantTypes of [GRANT.client.grantTypes, ["authorization_code"] as const]) {
        const { tokens, session } = await signIn(sessions.instance({ gateway }), {
          client: { ...GRANT.client, grantTypes },
        });
        const { ttl, refresh } = await sessions.stored(session);
        const last = Math.max(claimsOf(tokens).exp, refresh?.expiresAt ?? 0);
        expect(ttl).toBeGreaterThanOrEqual(last - sessions.clock.now());
        expect(ttl).toBeLessThanOrEqual(last - sessions.clock.now() + 3600);
      }
    },
  );
});
