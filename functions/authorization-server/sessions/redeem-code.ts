import type { SessionSubject } from "../audit/events.ts";
import { hasHash, hashOf, randomId } from "../crypto/secrets.ts";
import { ForeignGrantError, OAuthError, ReuseError } from "../errors.ts";
import type { Stored } from "../store/documents.ts";
import { CONFLICT, retryOnConflict } from "../store/retry-on-conflict.ts";
import { grantedServer } from "./granted-server.ts";
import { type CodeHandle, parseCode } from "./handles.ts";
import { type IssuedTokens, issueTokens, nextRefreshSecrets } from "./issue-tokens.ts";
import { mayRefresh } from "./refresh-within-grant.ts";
import { revokeSession } from "./revoke.ts";
import { endOf, type SessionContext, sessionIn, TTL_MARGIN_SECONDS } from "./session-context.ts";
import type { SessionDocument } from "./session-document.ts";
import { about, subjectOf } from "./subject.ts";
import { UndecidedWriteError, writeSession } from "./write-session.ts";

/** What a client presents (RFC 6749 §4.1.3, RFC 7636 §4.5, RFC 8707 §2.2). */
export interface CodeRedemption {
  readonly code: string;
  readonly clientId: string;
  /** Needed when the authorization request had one. */
  readonly redirectUri?: string;
  readonly verifier: string;
  /** Name of the MCP server, when the client named one. */
  readonly server?: string;
}

/** What came of it. */
interface RedeemedCode {
  readonly tokens: IssuedTokens;
  /** Name of the MCP server that the access token is for. */
  readonly server: string;
  readonly subject: SessionSubject;
}

/**
 * RFC 7636 §4.1. A client that hashes a shorter verifier gives its code to whoever guesses that, so its code is refused like
 * one with a wrong verifier.
 */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;

/** The one answer to everything that a thief could try, so that it does not tell which part was wrong. */
const DESCRIPTION = "The authorization code is invalid, expired, or was issued for something else.";
const refused = (reason: string) => new OAuthError("invalid_grant", DESCRIPTION, { reason });

/**
 * Redeems an authorization code, once: one point read and one conditional write, and one more read when the write's
 * answer was lost. A second use revokes what the first one got (RFC 9700 §2.1.1, OAuth 2.1 §4.1.3).
 *
 * @returns undefined when the code names no session at all; nothing is known about the client then
 * @throws OAuthError `invalid_grant` or `invalid_target`, with nothing changed unless the code was used before, or the write of its
 *   redemption may or may not have been made; StoreError
 */
export async function redeemCode(
  context: SessionContext,
  redemption: CodeRedemption,
): Promise<RedeemedCode | undefined> {
  const handle = parseCode(redemption.code);
  if (!handle) return undefined;
  return retryOnConflict(
    sessionIn(context, handle),
    async (stored) => stored && about(stored.document, redeemOnce(context, stored, handle, redemption)),
  );
}

/** @returns CONFLICT when somebody else wrote the session first; nothing was given out then */
async function redeemOnce(
  context: SessionContext,
  stored: Stored<SessionDocument>,
  handle: CodeHandle,
  redemption: CodeRedemption,
): Promise<RedeemedCode | typeof CONFLICT> {
  const session = stored.document;
  if (!hasHash(handle.secret, session.code.hash)) throw refused("code_unknown");
  if (session.client.id !== redemption.clientId) {
    throw new ForeignGrantError("invalid_grant", DESCRIPTION, { reason: "code_of_another_client" });
  }
  if (session.code.redeemedAt !== undefined) {
    await revokeSession(context, stored, "code_reuse");
    throw new ReuseError(DESCRIPTION, "code", subjectOf(session));
  }
  checkBinding(session, redemption, context.now());
  const { document, server, tokens } = await redeemed(context, session, redemption.server);
  const isOurs = ({ code }: SessionDocument) => code.redemption === document.code.redemption;
  const written = await writeSession(context, document, stored.etag, isOurs).catch(notAgain);
  return written ? { tokens, server, subject: subjectOf(document) } : CONFLICT;
}

/**
 * Where nobody can tell whether the code was redeemed, it is over: its tokens never left, and another try, which may be a second
 * use, would end the session and count as a theft. With a final answer the client begins anew. (A refresh may be tried again: its
 * answer is kept.)
 */
function notAgain(error: unknown): never {
  throw error instanceof UndecidedWriteError ? refused("redemption_undecided") : error;
}

function checkBinding(session: SessionDocument, redemption: CodeRedemption, now: number): void {
  const { code } = session;
  if (code.expiresAt <= now || endOf(session, now)) throw refused("code_expired");
  if (code.redirectUri !== redemption.redirectUri) throw refused("redirect_uri_mismatch");
  if (!VERIFIER.test(redemption.verifier)) throw refused("verifier_malformed");
  if (hashOf(redemption.verifier) !== code.challenge) throw refused("verifier_mismatch");
  if (redemption.server !== undefined && !session.servers.includes(redemption.server)) {
    throw new OAuthError("invalid_target", "The authorization code was issued for another resource.");
  }
}

/** The session as it is to be after the redemption, and the tokens that go out once that is written. */
async function redeemed(context: SessionContext, session: SessionDocument, named: string | undefined) {
  const { lifetimes, servers } = context.gateway;
  const server = grantedServer(servers, session, named);
  if (!server) throw refused("server_not_configured");
  const now = context.now();
  const refresh = mayRefresh(session.client, session.scopes) ? nextRefreshSecrets() : undefined;
  const endsAt = now + (refresh ? lifetimes.session : lifetimes.accessToken);
  const refreshEndsAt = Math.min(now + lifetimes.refreshToken, endsAt);
  const tokens = await issueTokens(context, session, server, session.scopes, endsAt, refresh);
  const document: SessionDocument = {
    ...session,
    endsAt,
    lastUsedAt: now,
    code: { ...session.code, redeemedAt: now, redemption: randomId() },
    ...(refresh
      ? {
          refresh: {
            familyHash: hashOf(refresh.family),
            currentHash: hashOf(refresh.secret),
            expiresAt: refreshEndsAt,
          },
        }
      : {}),
    ttl: Math.max(refresh ? refreshEndsAt : endsAt, tokens.expiresAt) - now + TTL_MARGIN_SECONDS,
  };
  return { document, server: server.name, tokens };
}
