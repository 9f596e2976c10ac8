import { beforeEach, describe, expect, it } from "vitest";
import { randomSecret } from "../crypto/secrets.ts";
import { failureOf } from "../testing/failure.ts";
import { begin, claimsOf, type Instance, redeem, signIn, useSessions } from "../testing/sessions.ts";
import { formatCode, parseCode } from "./handles.ts";
import { refreshSession } from "./refresh.ts";
import { userToken } from "./user-token.ts";

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
});

describe("redeeming a code twice", () => {
  it("TOK-4 revokes what the first use got", async () => {
    const { code, session, refreshToken, tokens } = await signIn(here);
    expect(await failureOf(redeem(there, code))).toMatchObject({
      code: "invalid_grant",
      message: "code_reuse",
      endedSession: session,
    });
    expect(await sessions.stored(session)).toMatchObject({
      revoked: { at: sessions.clock.now(), because: "code_reuse" },
    });
    const refreshing = refreshSession(here, { refreshToken, clientId: "client" });
    expect(await failureOf(refreshing)).toMatchObject({ code: "invalid_grant", message: "session_revoked" });
    const { sub: user, sid, aud } = claimsOf(tokens);
    expect(await userToken(here, { user, session: sid }, aud)).toBeUndefined();
  });

  it("TOK-4 revokes even when all else about the second use is wrong, and after the code's time", async () => {
    const { code, session } = await signIn(here);
    sessions.clock.advance(3600);
    const changes = { verifier: "wrong", redirectUri: "https://evil.example/" };
    expect(await failureOf(redeem(there, code, changes))).toMatchObject({ message: "code_reuse" });
    expect((await sessions.stored(session)).revoked).toBeDefined();
  });

  it("TOK-4 lets another client revoke nothing", async () => {
    const { code, session } = await signIn(here);
    expect(await failureOf(redeem(there, code, { clientId: "thief" }))).toMatchObject({
      message: "code_of_another_client",
    });
    expect((await sessions.stored(session)).revoked).toBeUndefined();
  });

  it("TOK-4 lets one who only knows the session's place revoke nothing", async () => {
    const { code, session } = await signIn(here);
    const handle = parseCode(code);
    const guess = handle ? formatCode({ ...handle, secret: randomSecret() }) : "";
    expect(await failureOf(redeem(there, guess))).toMatchObject({ message: "code_unknown" });
    expect((await sessions.stored(session)).revoked).toBeUndefined();
  });

  it("TOK-4 gives tokens to exactly one of 20 simultaneous redemptions over two instances", async () => {
    const { code, session } = await begin(here);
    const attempts = Array.from({ length: 20 }, (_, i) => redeem(i % 2 ? here : there, code));
    const settled = await Promise.allSettled(attempts);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const each of settled) {
      if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "invalid_grant" });
    }
    expect((await sessions.stored(session)).revoked?.because).toBe("code_reuse");
  });
});
