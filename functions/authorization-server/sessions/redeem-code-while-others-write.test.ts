import { beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../store/documents.ts";
import { failureOf } from "../testing/failure.ts";
import { begin, claimsOf, GRANT, type Instance, redeem, useSessions } from "../testing/sessions.ts";
import type { IssuedTokens } from "./issue-tokens.ts";
import { refreshSession } from "./refresh.ts";
import { userToken } from "./user-token.ts";

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
});

describe("redeeming a code while others write", () => {
  it("TOK-4 SES-4 loses to an instance that redeemed between read and write, and revokes", async () => {
    const { code, session } = await begin(here);
    here.documents.meddle = () => redeem(there, code);
    expect(await failureOf(redeem(here, code))).toMatchObject({ message: "code_reuse" });
    expect((await sessions.stored(session)).revoked?.because).toBe("code_reuse");
  });

  it("SES-4 looks again when the session was written, and redeems when the code is still good", async () => {
    const { code, session } = await begin(here);
    here.documents.meddle = ({ document, etag }) => there.documents.replace({ ...document }, etag);
    sessions.store.operations();
    const { tokens } = await redeem(here, code);
    expect(sessions.store.operations()).toEqual({ "sessions read": 2, "sessions replace": 3 });
    const request = { refreshToken: tokens.refreshToken ?? "", clientId: "client" };
    expect(await refreshSession(there, request)).toMatchObject({ subject: { session } });
  });

  it("SES-4 does not redeem when the code ended meanwhile", async () => {
    const { code } = await begin(here);
    here.documents.meddle = async ({ document, etag }) => {
      sessions.clock.advance(60);
      await there.documents.replace({ ...document }, etag);
    };
    expect(await failureOf(redeem(here, code))).toMatchObject({ message: "code_expired" });
  });

  it("SES-4 gives up on a session that keeps changing, with nothing given out", async () => {
    const { code, session } = await begin(here);
    const disturb: NonNullable<typeof here.documents.meddle> = async ({ document, etag }) => {
      await there.documents.replace({ ...document }, etag);
      here.documents.meddle = disturb;
    };
    here.documents.meddle = disturb;
    expect(await failureOf(redeem(here, code))).toMatchObject({ name: "StoreError", kind: "unavailable" });
    expect((await sessions.stored(session)).code.redeemedAt).toBeUndefined();
    await expect(redeem(there, code)).resolves.toBeDefined();
  });

  it.each([
    ["with a refresh token", ["authorization_code", "refresh_token"]],
    ["without one", ["authorization_code"]],
  ] as const)(
    "SES-4 TOK-4 redeems %s though the store did not say that it was written, by one more read",
    async (_, grantTypes) => {
      const { code, session } = await begin(here, { client: { ...GRANT.client, grantTypes } });
      here.documents.lose = "the answer";
      sessions.store.operations();
      const { tokens } = await redeem(here, code);
      expect(sessions.store.operations()).toEqual({ "sessions read": 2, "sessions replace": 1 });
      expect((await sessions.stored(session)).revoked).toBeUndefined();
      const { sub: user, aud } = claimsOf(tokens);
      expect(await userToken(there, { user, session }, aud)).toBeDefined();
      if (tokens.refreshToken) {
        const request = { refreshToken: tokens.refreshToken, clientId: "client" };
        expect(await refreshSession(there, request)).toMatchObject({ subject: { session } });
      }
    },
  );

  it("SES-4 leaves the code good when the write was not made", async () => {
    const { code } = await begin(here);
    here.documents.lose = "the write";
    expect(await failureOf(redeem(here, code))).toMatchObject({ name: "StoreError", kind: "unavailable" });
    await expect(redeem(here, code)).resolves.toBeDefined();
  });

  it("SES-4 TOK-4 takes another's redemption at the same second for no write of its own", async () => {
    const { code } = await begin(here, { client: { ...GRANT.client, grantTypes: ["authorization_code"] } });
    here.documents.meddle = () => redeem(there, code);
    here.documents.lose = "the write";
    expect(await failureOf(redeem(here, code))).toMatchObject({ name: "StoreError", kind: "unavailable" });
  });

  it.each(["the answer", "the write"] as const)(
    "SES-4 TOK-4 ends a code for good when %s was lost and nobody can tell which, so that no client tries it again",
    async (lost) => {
      const { code, session } = await begin(here);
      here.documents.lose = lost;
      here.documents.loseReadBack = true;
      expect(await failureOf(redeem(here, code))).toMatchObject({
        code: "invalid_grant",
        message: "redemption_undecided",
        endedSession: undefined,
      });
      // Another try is a second use where the first was made; nobody has tokens of it.
      const tried = await redeem(there, code).then(
        ({ tokens }) => tokens,
        (error: Error) => error.message,
      );
      const { revoked } = await sessions.stored(session);
      if (lost === "the answer") expect([tried, revoked?.because]).toEqual(["code_reuse", "code_reuse"]);
      else expect([claimsOf(tried as IssuedTokens).sid, revoked]).toEqual([session, undefined]);
    },
  );

  it("SES-4 leaves the code good, without another read, when the store knows that it wrote nothing", async () => {
    const { code } = await begin(here);
    const throttled: Instance = sessions.instance();
    throttled.documents.replace = () =>
      Promise.reject(new StoreError("unavailable", { cause: new Error("429"), notMade: true }));
    throttled.documents.loseReadBack = true;
    sessions.store.operations();
    expect(await failureOf(redeem(throttled, code))).toMatchObject({
      name: "StoreError",
      kind: "unavailable",
    });
    expect(sessions.store.operations()).toEqual({ "sessions read": 1 });
    await expect(redeem(here, code)).resolves.toBeDefined();
  });

  it("SES-4 leaves the code good when the store is out", async () => {
    const { code } = await begin(here);
    const out: Instance = sessions.instance();
    out.documents.replace = () => failedWrite();
    expect(await failureOf(redeem(out, code))).toMatchObject({ message: "out" });
    await expect(redeem(here, code)).resolves.toBeDefined();
  });
});

function failedWrite(): Promise<never> {
  return Promise.reject(new Error("out"));
}
