import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { useStarted } from "../../testing/started.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { AccessTokenClaims } from "../sessions/access-token.ts";
import { beginSession, type Grant } from "../sessions/begin.ts";
import type { IssuedTokens } from "../sessions/issue-tokens.ts";
import { type CodeRedemption, redeemCode } from "../sessions/redeem-code.ts";
import type { SessionContext } from "../sessions/session-context.ts";
import type { SessionDocument } from "../sessions/session-document.ts";
import type { EntraTokens, EntraUser } from "../upstream/upstream.ts";
import { type Clock, makeClock } from "./clock.ts";
import { resolvedGateway } from "./gateway.ts";
import { makeKeyRing } from "./keys.ts";
import { MeddledSessions, startStore, type TestStore } from "./store.ts";
import { TestUpstream } from "./upstream.ts";

export const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
export const REDIRECT_URI = "http://localhost:6274/callback";
export const USER: EntraUser = { objectId: "object", tenantId: "tenant" };
export const ENTRA_TOKENS: EntraTokens = { cache: "kept-entra-tokens", account: "account" };
export const GRANT: Grant = {
  client: { id: "client", name: "Client", grantTypes: ["authorization_code", "refresh_token"] },
  servers: ["graph"],
  scopes: ["mcp.tools", "mcp.admin"],
  redirectUri: REDIRECT_URI,
  boundRedirectUri: REDIRECT_URI,
  challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
};

/** A grant for both MCP servers, `graph` first. */
export const BOTH_SERVERS: Pick<Grant, "servers" | "scopes"> = {
  servers: ["graph", "notes"],
  scopes: ["mcp.tools", "mcp.admin", "notes.read", "offline_access"],
};

/** One instance of the app. */
export type Instance = SessionContext & { readonly documents: MeddledSessions };

/** Sessions in Cosmos DB, with any number of instances over it. */
export interface Sessions {
  readonly clock: Clock;
  readonly upstream: TestUpstream;
  readonly keys: KeyRing;
  readonly store: TestStore;
  /** @param changes to what all instances have */
  instance(changes?: Partial<Pick<SessionContext, "gateway" | "keys">>): Instance;
  /** The session as it is stored. @throws Error when there is none */
  stored(id: string): Promise<SessionDocument>;
  stop(): Promise<void>;
}

/** One for all of a process: making an RSA key takes longer than most tests. */
let sharedKeys: Promise<KeyRing> | undefined;

/** Sessions in an empty store; the keys are those of every such store in this process. */
export async function startSessions(): Promise<Sessions> {
  sharedKeys ??= makeKeyRing();
  const [store, keys] = await Promise.all([startStore(), sharedKeys]);
  const clock = makeClock();
  const upstream = new TestUpstream(clock.now);
  const gateway = resolvedGateway();
  return {
    clock,
    upstream,
    keys,
    store,
    instance: (changes = {}) => ({
      gateway,
      keys,
      upstream,
      now: clock.now,
      documents: new MeddledSessions(store.open().sessions),
      ...changes,
    }),
    stored: async (id) => {
      const found = (await store.documents()).find(({ document }) => document["id"] === id);
      if (!found) throw new Error("no such session");
      return found.document as unknown as SessionDocument;
    },
    stop: () => store.stop(),
  };
}

/** Sessions for the tests of one file or suite. */
export function useSessions(): Sessions {
  return useStarted("the sessions", startSessions, (sessions) => sessions.stop());
}

/** Begins a session. @param changes to {@link GRANT} */
export function begin(context: SessionContext, changes: Partial<Grant> = {}) {
  return beginSession(context, { ...GRANT, ...changes }, USER, ENTRA_TOKENS);
}

/** Redeems a code as its client does. @throws Error when it names no session */
export async function redeem(context: SessionContext, code: string, changes: Partial<CodeRedemption> = {}) {
  const redeemed = await redeemCode(context, {
    code,
    clientId: GRANT.client.id,
    redirectUri: REDIRECT_URI,
    verifier: VERIFIER,
    ...changes,
  });
  if (!redeemed) throw new Error("the code names no session");
  return redeemed;
}

/** Begins a session and redeems its code. */
export async function signIn(context: SessionContext, changes: Partial<Grant> = {}) {
  const { code, session } = await begin(context, changes);
  const { tokens } = await redeem(context, code, changes.client ? { clientId: changes.client.id } : {});
  return { code, session, tokens, refreshToken: tokens.refreshToken ?? "" };
}

/** What an access token of ours says. */
export function claimsOf({ accessToken }: Pick<IssuedTokens, "accessToken">): AccessTokenClaims {
  return decodeJwt<AccessTokenClaims>(accessToken);
}
