import { beforeEach, describe, expect, it } from "vitest";
import type { Stored } from "../store/documents.ts";
import { failureOf } from "../testing/failure.ts";
import { claimsOf, type Instance, redeem, signIn, useSessions } from "../testing/sessions.ts";
import { parseCode } from "./handles.ts";
import { refreshSession } from "./refresh.ts";
import { revokeSession } from "./revoke.ts";
import type { SessionDocument } from "./session-document.ts";
import { userToken } from "./user-token.ts";

const sessions = useSessions();
let here: Instance;
let there: Instance;
beforeEach(() => {
  here = sessions.instance();
  there = sessions.instance();
});

/** Signs in and reads the session. */
async function begun() {
  const signedIn = await signIn(here);
  const user = parseCode(signedIn.code)?.user ?? "";
  const stored = await here.documents.read(signedIn.session, user);
  if (!stored) throw new Error("no session");
  return { ...signedIn, user, stored };
}

describe("revokeSession", () => {
  it("TOK-7 ends all that the session gave out, by one conditional write", async () => {
    const { stored, session, user, refreshToken, tokens } = await begun();
    sessions.store.operations();
    await revokeSession(here, stored, "client_request");
    expect(sessions.store.operations()).toEqual({ "sessions replace": 1 });
    expect(await failureOf(refreshSession(there, { refreshToken, clientId: "client" }))).toMatchObject({
      code: "invalid_grant",
    });
    expect(await userToken(there, { user, session }, claimsOf(tokens).aud)).toBeUndefined();
  });

  it("SES-1 drops Entra's tokens, and keeps all else with the reason and the time", async () => {
    const { stored, session } = await begun();
    const { entra: _, ...rest } = await sessions.stored(session);
    await revokeSession(here, stored, "client_request");
    const revoked = await sessions.stored(session);
    expect(revoked).not.toHaveProperty("entra");
    const { _etag, _ts, ...kept } = rest as SessionDocument & { _etag: string; _ts: number };
    expect(revoked).toMatchObject({
      ...kept,
      revoked: { at: sessions.clock.now(), because: "client_request" },
    });
  });

  it("TOK-7 is done once: a second time changes nothing, neither reason nor time", async () => {
    const { stored, session, user } = await begun();
    await revokeSession(here, stored, "client_request");
    const once = await sessions.stored(session);
    sessions.clock.advance(10);
    const again = await there.documents.read(session, user);
    sessions.store.operations();
    if (again) await revokeSession(there, again, "refresh_reuse");
    expect(sessions.store.operations()).toEqual({});
    expect(await sessions.stored(session)).toEqual(once);
  });

  it("SES-4 revokes what somebody else wrote meanwhile", async () => {
    const { stored, session, refreshToken } = await begun();
    const rotated = await refreshSession(there, { refreshToken, clientId: "client" });
    await revokeSession(here, stored, "client_request");
    expect((await sessions.stored(session)).revoked).toBeDefined();
    const next = rotated?.tokens.refreshToken ?? "";
    expect(await failureOf(refreshSession(there, { refreshToken: next, clientId: "client" }))).toMatchObject({
      message: "session_revoked",
    });
  });

  it("SES-4 is content when somebody else revoked meanwhile", async () => {
    const { stored, session } = await begun();
    await revokeSession(there, stored, "code_reuse");
    await revokeSession(here, stored, "client_request");
    expect((await sessions.stored(session)).revoked?.because).toBe("code_reuse");
  });

  it("SES-4 is done by many at once", async () => {
    const { stored, session } = await begun();
    const revoking = Array.from({ length: 10 }, (_, i) =>
      revokeSession(i % 2 ? here : there, stored, "client_request"),
    );
    await Promise.all(revoking);
    expect((await sessions.stored(session)).revoked).toBeDefined();
  });

  it("is content when the session is gone", async () => {
    const { stored } = await begun();
    const gone: Stored<SessionDocument> = {
      ...stored,
      document: { ...stored.document, id: "x".repeat(22) },
    };
    await expect(revokeSession(here, gone, "client_request")).resolves.toBeUndefined();
  });

  it("SES-4 says so when the session keeps changing", async () => {
    const { stored, session } = await begun();
    await there.documents.replace({ ...stored.document }, stored.etag);
    const disturb: NonNullable<typeof here.documents.meddle> = async ({ document, etag }) => {
      await there.documents.replace({ ...document }, etag);
      here.documents.meddle = disturb;
    };
    here.documents.meddle = disturb;
    expect(await failureOf(revokeSession(here, stored, "client_request"))).toMatchObject({
      name: "StoreError",
      kind: "unavailable",
    });
    expect((await sessions.stored(session)).revoked).toBeUndefined();
  });

  it("TOK-4 keeps a redeemed code known for what it is", async () => {
    const { stored, code, session } = await begun();
    await revokeSession(here, stored, "client_request");
    expect(await failureOf(redeem(there, code))).toMatchObject({ message: "code_reuse" });
    expect((await sessions.stored(session)).revoked?.because).toBe("client_request");
  });
});
