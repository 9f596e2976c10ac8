import { beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../store/documents.ts";
import type { SessionDocuments } from "../store/store.ts";
import { failureOf } from "../testing/failure.ts";
import { GRANT, type Instance, signIn, USER, useSessions } from "../testing/sessions.ts";
import { listSessions } from "./list-sessions.ts";
import { refreshSession } from "./refresh.ts";
import { type ChosenSessions, revokeSessionsOf } from "./revoke-sessions-of.ts";
import type { SessionContext } from "./session-context.ts";
import type { RevocationReason, SessionDocument } from "./session-document.ts";
import { userKey } from "./user-key.ts";

const sessions = useSessions();
let here: Instance;
let user: string;
beforeEach(async () => {
  here = sessions.instance();
  user = userKey(here.gateway.issuer, USER.tenantId, USER.objectId);
  await end("all");
  sessions.store.operations();
});

/** @returns those that ended, in order */
async function end(
  chosen: ChosenSessions,
  of = user,
  because: RevocationReason = "user_request",
  context: SessionContext = here,
): Promise<SessionDocument[]> {
  const ended: SessionDocument[] = [];
  for await (const session of revokeSessionsOf(context, of, chosen, because)) ended.push(session);
  return ended;
}

const THIEF = { client: { ...GRANT.client, id: "thief" } };
const listed = async () => (await listSessions(here, user)).sessions.map(({ id }) => id).sort();

/** This instance, where a list holds no more than so many sessions. */
function withLists(of: number): SessionContext {
  const { documents } = here;
  const short: SessionDocuments = {
    create: documents.create.bind(documents),
    read: documents.read.bind(documents),
    replace: documents.replace.bind(documents),
    listLive: (person, now, _, client) => documents.listLive(person, now, of, client),
  };
  return { ...here, documents: short };
}

describe("revokeSessionsOf", () => {
  it("TOK-7 ends one session, by a point read and a conditional write, and its refresh token with it", async () => {
    const [ended, kept] = [await signIn(here), await signIn(here)];
    sessions.store.operations();
    const result = await end({ session: ended.session });
    expect(sessions.store.operations()).toEqual({ "sessions read": 1, "sessions replace": 1 });
    expect(result).toMatchObject([{ id: ended.session, client: { id: "client" } }]);
    expect((await sessions.stored(ended.session)).revoked).toEqual({
      at: sessions.clock.now(),
      because: "user_request",
    });
    const refresh = { refreshToken: ended.refreshToken, clientId: "client" };
    expect(await failureOf(refreshSession(here, refresh))).toMatchObject({ code: "invalid_grant" });
    expect(await listed()).toEqual([kept.session]);
  });

  it("ends all of one client, and leaves the others", async () => {
    const own = [await signIn(here), await signIn(here)];
    const other = await signIn(here, THIEF);
    const ended = await end({ client: "client" }, user, "operator_request");
    expect(ended.map(({ id }) => id).sort()).toEqual(own.map(({ session }) => session).sort());
    expect(await listed()).toEqual([other.session]);
  });

  it("ends all there are, also when they are more than one list holds", async () => {
    for (let each = 0; each < 7; each++) await signIn(here, each % 2 ? THIEF : {});
    expect(await end("all", user, "user_request", withLists(3))).toHaveLength(7);
    expect(await listed()).toEqual([]);
  });

  it("ends all of one client, also when another's are more than one list holds", async () => {
    for (let each = 0; each < 5; each++) await signIn(here);
    for (let each = 0; each < 2; each++) await signIn(here, THIEF);
    expect(await end({ client: "thief" }, user, "user_request", withLists(3))).toHaveLength(2);
    expect(await listed()).toHaveLength(5);
  });

  it("does not say that it ended all where there are more than it could", async () => {
    for (let each = 0; each < 6; each++) await signIn(here);
    expect(await failureOf(end("all", user, "user_request", withLists(1)))).toBeInstanceOf(StoreError);
    expect(await listed()).toHaveLength(1);
  });

  it("ends nothing of another, whose session it does not find, and nothing twice", async () => {
    const { session } = await signIn(here);
    const another = userKey(here.gateway.issuer, USER.tenantId, "another");
    for (const chosen of [{ session }, { client: "client" }, "all"] as const) {
      expect(await end(chosen, another)).toEqual([]);
    }
    expect(await listed()).toEqual([session]);
    await end({ session });
    expect(await end({ session })).toEqual([]);
  });

  it("SES-4 ends the others when one cannot be written, and says that something failed", async () => {
    await signIn(here);
    await signIn(here);
    here.documents.lose = "the write";
    const ended: string[] = [];
    const ending = (async () => {
      for await (const { id } of revokeSessionsOf(here, user, "all", "user_request")) ended.push(id);
    })();
    expect(await failureOf(ending)).toBeInstanceOf(StoreError);
    expect(ended).toHaveLength(1);
    expect(await listed()).toHaveLength(1);
    expect(await end("all")).toHaveLength(1);
    expect(await listed()).toEqual([]);
  });
});
