import { beforeAll, describe, expect, it } from "vitest";
import { hashOf } from "../crypto/secrets.ts";
import { failureOf } from "../testing/failure.ts";
import {
  begin,
  ENTRA_TOKENS,
  GRANT,
  type Instance,
  startSessions,
  USER,
  useSessions,
} from "../testing/sessions.ts";
import { beginSession } from "./begin.ts";
import { unsealEntraTokens } from "./entra-tokens.ts";
import { parseCode } from "./handles.ts";
import { userKey } from "./user-key.ts";

const sessions = useSessions();
let instance: Instance;
beforeAll(async () => {
  instance = sessions.instance();
});
describe("beginSession", () => {
  it("takes one write and gives a code that carries the session's place", async () => {
    sessions.store.operations();
    const { code, session } = await begin(instance);
    expect(sessions.store.operations()).toEqual({ "sessions create": 1 });
    const user = userKey("https://gw.example", USER.tenantId, USER.objectId);
    expect(parseCode(code)).toMatchObject({ user, session });
  });

  it("TOK-3 stores what the code is bound to, and an end after 60 seconds", async () => {
    const { code, session } = await begin(instance);
    const now = sessions.clock.now();
    expect(await sessions.stored(session)).toMatchObject({
      id: session,
      client: GRANT.client,
      objectId: USER.objectId,
      servers: GRANT.servers,
      scopes: GRANT.scopes,
      createdAt: now,
      endsAt: now + 60,
      code: {
        hash: hashOf(parseCode(code)?.secret ?? ""),
        expiresAt: now + 60,
        redirectUri: GRANT.boundRedirectUri,
        challenge: GRANT.challenge,
      },
    });
  });

  it("SES-1 stores neither the code nor Entra's tokens in the clear, nor the name of the person", async () => {
    const { code, session } = await begin(instance);
    const stored = await sessions.stored(session);
    const text = JSON.stringify(stored);
    for (const secret of [parseCode(code)?.secret ?? "", ENTRA_TOKENS.cache, ENTRA_TOKENS.account]) {
      expect(text).not.toContain(secret);
    }
    expect(await unsealEntraTokens(sessions.keys, session, stored.entra ?? "")).toEqual(ENTRA_TOKENS);
  });

  it("SES-1 seals Entra's tokens for this session alone", async () => {
    const { session } = await begin(instance);
    const { entra = "" } = await sessions.stored(session);
    await expect(unsealEntraTokens(sessions.keys, "other", entra)).rejects.toMatchObject({
      name: "UpstreamError",
      kind: "refused",
    });
  });

  it("SES-3 lets the store drop it no earlier than it ends", async () => {
    const { session } = await begin(instance);
    const { ttl, endsAt, createdAt } = await sessions.stored(session);
    expect(ttl).toBeGreaterThanOrEqual(endsAt - createdAt);
  });

  it("keeps all sessions of a person in one partition, and each in a record of its own", async () => {
    const [one, two] = [await begin(instance), await begin(instance)];
    expect(one.session).not.toBe(two.session);
    expect((await sessions.stored(one.session)).user).toBe((await sessions.stored(two.session)).user);
    const other = await beginSession(instance, GRANT, { ...USER, objectId: "another" }, ENTRA_TOKENS);
    expect((await sessions.stored(other.session)).user).not.toBe((await sessions.stored(one.session)).user);
  });

  it("SES-4 says when the store is out", async () => {
    const lost = await startSessions();
    const context = lost.instance();
    await lost.stop();
    expect(await failureOf(begin(context))).toMatchObject({ name: "StoreError", kind: "unavailable" });
  });
});
