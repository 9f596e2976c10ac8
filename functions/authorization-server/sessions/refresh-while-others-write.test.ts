import { beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../testing/failure.ts";
import { entraRenews, refresh } from "../testing/refreshing.ts";
import { claimsOf, type Instance, signIn, useSessions } from "../testing/sessions.ts";
import { TestUpstream } from "../testing/upstream.ts";
import { unsealEntraTokens } from "./entra-tokens.ts";
import { refreshSession } from "./refresh.ts";
import { revokeSession } from "./revoke.ts";
import { userToken } from "./user-token.ts";

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
  sessions.upstream.answer = new TestUpstream(sessions.clock.now).answer;
});

describe("refreshing while others write", () => {
  it("SES-4 TOK-5 loses to an instance that refreshed between read and write, and gives its answer", async () => {
    const { refreshToken } = await signIn(here);
    let first: Awaited<ReturnType<typeof refresh>> | undefined;
    here.documents.meddle = async () => {
      first = await refresh(there, refreshToken);
    };
    const second = await refresh(here, refreshToken);
    expect(second).toMatchObject({ tokens: first?.tokens, replayed: true });
  });

  it("SES-4 TOK-7 gives nothing out when the session was revoked between read and write", async () => {
    const { refreshToken } = await signIn(here);
    here.documents.meddle = (stored) => revokeSession(there, stored, "client_request");
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ message: "session_revoked" });
  });

  it("SES-4 looks again when the user's token was renewed between read and write, and keeps that", async () => {
    const { refreshToken, session, tokens } = await signIn(here);
    const { sub: user, aud } = claimsOf(tokens);
    here.documents.meddle = async () => {
      entraRenews(sessions);
      await userToken(there, { user, session }, aud);
      sessions.upstream.answer = new TestUpstream(sessions.clock.now).answer;
    };
    await expect(refresh(here, refreshToken)).resolves.toMatchObject({ replayed: false });
    const { entra = "" } = await sessions.stored(session);
    expect((await unsealEntraTokens(sessions.keys, session, entra)).cache).toBe("renewed-entra-tokens-1");
  });

  it("SES-4 TOK-5 sees a reuse through when the session was written meanwhile", async () => {
    const { refreshToken, session } = await signIn(here);
    const { next } = await refresh(here, refreshToken);
    sessions.clock.advance(60);
    here.documents.meddle = () => refresh(there, next);
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ message: "refresh_reuse" });
    expect((await sessions.stored(session)).revoked?.because).toBe("refresh_reuse");
  });

  it("SES-4 gives up on a session that keeps changing, with nothing given out", async () => {
    const { refreshToken } = await signIn(here);
    const disturb: NonNullable<typeof here.documents.meddle> = async ({ document, etag }) => {
      await there.documents.replace({ ...document }, etag);
      here.documents.meddle = disturb;
    };
    here.documents.meddle = disturb;
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({
      name: "StoreError",
      kind: "unavailable",
      cause: { message: "the session kept changing" },
    });
    await expect(refresh(there, refreshToken)).resolves.toMatchObject({ replayed: false });
  });

  it("SES-4 TOK-5 refreshes though the store did not say that it was written, by one more read", async () => {
    const { refreshToken, session } = await signIn(here);
    here.documents.lose = "the answer";
    sessions.store.operations();
    const { next } = await refresh(here, refreshToken);
    expect(sessions.store.operations()).toEqual({ "sessions read": 2, "sessions replace": 1 });
    sessions.clock.advance(61);
    await expect(refresh(there, next)).resolves.toMatchObject({ replayed: false });
    expect((await sessions.stored(session)).revoked).toBeUndefined();
  });

  it.each(["the answer", "the write"] as const)(
    "SES-4 TOK-5 lets a client try again when %s was lost and nobody can tell which: no reuse, no second family",
    async (lost) => {
      const { refreshToken, session } = await signIn(here);
      here.documents.lose = lost;
      here.documents.loseReadBack = true;
      const request = { refreshToken, clientId: "client" };
      expect(await failureOf(refreshSession(here, request))).toMatchObject({
        name: "StoreError",
        kind: "unavailable",
      });
      const again = await refreshSession(there, request);
      expect(again).toMatchObject({ subject: { session }, replayed: lost === "the answer" });
      const next = { refreshToken: again?.tokens.refreshToken ?? "", clientId: "client" };
      expect(await refreshSession(here, next)).toMatchObject({ subject: { session }, replayed: false });
      expect((await sessions.stored(session)).revoked).toBeUndefined();
    },
  );

  it("SES-4 leaves the refresh token good when the write was not made", async () => {
    const { refreshToken } = await signIn(here);
    here.documents.lose = "the write";
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ name: "StoreError" });
    await expect(refresh(here, refreshToken)).resolves.toMatchObject({ replayed: false });
  });

  it("SES-4 takes another's refresh for no write of its own", async () => {
    const { refreshToken } = await signIn(here);
    here.documents.meddle = () => refresh(there, refreshToken);
    here.documents.lose = "the write";
    expect(await failureOf(refresh(here, refreshToken))).toMatchObject({ name: "StoreError" });
  });

  it("SES-4 TOK-5 gives the answer to a client whose refresh was written but not answered", async () => {
    const { refreshToken } = await signIn(here);
    const replace = there.documents.replace.bind(there.documents);
    there.documents.replace = async (document, etag) => {
      await replace(document, etag);
      throw new Error("the connection broke");
    };
    await failureOf(refresh(there, refreshToken));
    const { next } = await refresh(here, refreshToken);
    await expect(refresh(here, next)).resolves.toMatchObject({ replayed: false });
  });
});
