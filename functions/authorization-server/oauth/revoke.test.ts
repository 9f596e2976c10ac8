import { beforeAll, describe, expect, it } from "vitest";
import { randomSecret } from "../crypto/secrets.ts";
import { endpoints } from "../endpoints.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import { signAccessToken } from "../sessions/access-token.ts";
import { formatRefreshToken, parseRefreshToken } from "../sessions/handles.ts";
import { refreshSession } from "../sessions/refresh.ts";
import { formRequest, makeCall } from "../testing/calls.ts";
import { makeDependencies } from "../testing/dependencies.ts";
import { makeKeyRing } from "../testing/keys.ts";
import { claimsOf, type Instance, signIn, useSessions } from "../testing/sessions.ts";

const sessions = useSessions();
let otherKeys: KeyRing;
let instance: Instance;
beforeAll(async () => {
  otherKeys = await makeKeyRing();
  instance = sessions.instance();
});
async function post(form: Record<string, string>) {
  const call = makeCall();
  const response = await endpoints(makeDependencies(sessions)).revoke(formRequest("/revoke", form), call);
  return {
    status: response.status,
    ended: response.headers.get("x-gateway-ended-session"),
    noStore: response.headers.get("cache-control"),
    body: await response.json(),
    lines: call.lines,
  };
}

const isRevoked = async (session: string) => (await sessions.stored(session)).revoked !== undefined;

describe("POST /revoke", () => {
  it("TOK-7 ends the session by its refresh token, and tells the gateway", async () => {
    const { session, refreshToken } = await signIn(instance);
    sessions.store.operations();
    expect(await post({ client_id: "client", token: refreshToken })).toMatchObject({
      status: 200,
      ended: session,
      noStore: "no-store",
      body: {},
    });
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
    expect((await sessions.stored(session)).revoked?.because).toBe("client_request");
  });

  it("TOK-7 ends it by its access token, also by one that has ended, and by an older refresh token", async () => {
    const byAccessToken = await signIn(instance);
    await post({
      client_id: "client",
      token: byAccessToken.tokens.accessToken,
      token_type_hint: "refresh_token",
    });
    expect(await isRevoked(byAccessToken.session)).toBe(true);

    const late = await signIn(instance);
    sessions.clock.advance(7200);
    await post({ client_id: "client", token: late.tokens.accessToken });
    expect(await isRevoked(late.session)).toBe(true);

    const rotated = await signIn(instance);
    const { refreshToken } = rotated;
    await refreshSession(instance, { refreshToken, clientId: "client" });
    await post({ client_id: "client", token: refreshToken });
    expect(await isRevoked(rotated.session)).toBe(true);
  });

  it("TOK-7 answers a second time as it did the first", async () => {
    const { session, refreshToken } = await signIn(instance);
    const form = { client_id: "client", token: refreshToken };
    const first = await post(form);
    sessions.clock.advance(1);
    const before = await sessions.stored(session);
    expect(await post(form)).toEqual(first);
    expect(await sessions.stored(session)).toEqual(before);
  });

  it("TOK-7 refuses another client's token, whichever, and leaves the session alone", async () => {
    const { session, refreshToken, tokens } = await signIn(instance);
    for (const token of [refreshToken, tokens.accessToken]) {
      expect(await post({ client_id: "thief", token })).toMatchObject({
        status: 400,
        ended: null,
        body: { error: "invalid_grant", error_description: "The token was not issued to this client." },
        lines: [{ fields: { endpoint: "revoke", reason: "token_of_another_client" } }],
      });
    }
    expect(await isRevoked(session)).toBe(false);
  });

  it("TOK-7 answers 200 to what is no token of ours, and ends nothing (RFC 7009 §2.2)", async () => {
    const { session, refreshToken, tokens, code } = await signIn(instance);
    const handle = parseRefreshToken(refreshToken);
    const claims = claimsOf(tokens);
    const none = [
      "x",
      code,
      handle ? formatRefreshToken({ ...handle, family: randomSecret() }) : "",
      handle ? formatRefreshToken({ ...handle, user: randomSecret() }) : "",
      await signAccessToken(otherKeys, claims),
      await signAccessToken(sessions.keys, { ...claims, iss: "https://other.example" }),
      await signAccessToken(sessions.keys, { ...claims, sid: "x".repeat(22) }),
      `${tokens.accessToken}x`,
    ];
    for (const token of none) {
      expect(await post({ client_id: "client", token })).toMatchObject({
        status: 200,
        ended: null,
        body: {},
      });
    }
    expect(await isRevoked(session)).toBe(false);
  });

  it.each([
    [{ token: "x" }, "client_id is missing."],
    [{ client_id: "client" }, "token is missing."],
    [{}, "client_id is missing."],
  ])("names what is missing from %j", async (form, error_description) => {
    expect(await post(form)).toMatchObject({
      status: 400,
      noStore: "no-store",
      body: { error: "invalid_request", error_description },
    });
  });

  it("logs whose session it was and who ended it, and nothing of the token", async () => {
    const { session, refreshToken } = await signIn(instance);
    const { lines } = await post({ client_id: "client", token: refreshToken });
    expect(lines).toEqual([
      {
        level: "info",
        event: "revoked",
        fields: {
          audit: true,
          client: "client",
          servers: "graph",
          session,
          user: "object",
          because: "client_request",
        },
      },
    ]);
  });
});
