import type { ResolvedServer } from "../../../config/resolve.ts";
import type { SessionSubject } from "../audit/events.ts";
import { hasHash, hashOf } from "../crypto/secrets.ts";
import { ForeignGrantError, OAuthError, ReuseError } from "../errors.ts";
import type { Stored } from "../store/documents.ts";
import { CONFLICT, retryOnConflict } from "../store/retry-on-conflict.ts";
import { UpstreamError } from "../upstream/errors.ts";
import { sealEntraTokens, unsealEntraTokens } from "./entra-tokens.ts";
import { grantedServer } from "./granted-server.ts";
import { parseRefreshToken, type RefreshHandle } from "./handles.ts";
import { type IssuedTokens, issueTokens, nextRefreshSecrets } from "./issue-tokens.ts";
import { mayUse } from "./may-use.ts";
import { scopesWithinGrant } from "./refresh-within-grant.ts";
import { sealAnswer, unsealAnswer } from "./replayable-answer.ts";
import { revokeSession } from "./revoke.ts";
import { endOf, type SessionContext, sessionIn, TTL_MARGIN_SECONDS } from "./session-context.ts";
import type { RefreshFamilyRecord, SessionDocument } from "./session-document.ts";
import { standingAt } from "./standing.ts";
import { about, subjectOf } from "./subject.ts";
import { writeSession } from "./write-session.ts";

/** What a client presents (RFC 6749 §6, RFC 8707 §2.2). */
export interface RefreshRequest {
  readonly refreshToken: string;
  readonly clientId: string;
  /** Scopes to narrow the access token to. */
  readonly scopes?: readonly string[];
  /** Name of the MCP server, when the client named one. */
  readonly server?: string;
}

/** What came of it. */
interface RefreshedSession {
  readonly tokens: IssuedTokens;
  /** Name of the MCP server that the access token is for. */
  readonly server: string;
  /** Whether it is the answer to an earlier refresh, once more. */
  readonly replayed: boolean;
  readonly subject: SessionSubject;
}

const DESCRIPTION = "The refresh token is invalid, expired or revoked.";
const refused = (reason: string) => new OAuthError("invalid_grant", DESCRIPTION, { reason });

/**
 * Rotates a refresh token: one point read and one conditional write, and one more read when the write's answer was lost.
 * The token just replaced gives the same answer again for a while, so that a lost answer or two racing workers do not end
 * a session; any use of an older one revokes the family (RFC 9700 §4.14.2). The user's Entra token is renewed with it when
 * it ends within 5 minutes.
 *
 * @returns undefined when the token names no session at all; nothing is known about the client then
 * @throws OAuthError `invalid_grant`, `invalid_scope`, `invalid_target`; UpstreamError when Entra cannot be reached;
 *   StoreError
 */
export async function refreshSession(
  context: SessionContext,
  request: RefreshRequest,
): Promise<RefreshedSession | undefined> {
  const handle = parseRefreshToken(request.refreshToken);
  if (!handle) return undefined;
  return retryOnConflict(
    sessionIn(context, handle),
    async (stored) => stored && about(stored.document, refreshOnce(context, stored, handle, request)),
  );
}

/** @returns CONFLICT when somebody else wrote the session first; nothing was given out then */
async function refreshOnce(
  context: SessionContext,
  stored: Stored<SessionDocument>,
  handle: RefreshHandle,
  request: RefreshRequest,
): Promise<RefreshedSession | typeof CONFLICT> {
  const session = stored.document;
  const now = context.now();
  const family = session.refresh;
  if (!family || !hasHash(handle.family, family.familyHash)) throw refused("refresh_token_unknown");
  if (session.client.id !== request.clientId) {
    throw new ForeignGrantError("invalid_grant", DESCRIPTION, { reason: "refresh_token_of_another_client" });
  }
  const ended = endOf(session, now);
  if (ended) throw refused(`session_${ended}`);
  const subject = subjectOf(session);
  if (hasHash(handle.secret, family.currentHash)) {
    const answer = await rotate(context, stored, family, handle, request);
    return answer === CONFLICT ? CONFLICT : { ...answer, subject, replayed: false };
  }
  const { previous } = family;
  if (previous && now < previous.until && hasHash(handle.secret, previous.hash)) {
    const answer = await replay(context, session, handle, previous.answer, request);
    return { ...answer, subject, replayed: true };
  }
  await revokeSession(context, stored, "refresh_reuse");
  throw new ReuseError(DESCRIPTION, "refresh_token", subject);
}

/** What one refresh gave, as it is kept for its replay. */
interface Answer {
  readonly server: string;
  readonly tokens: IssuedTokens;
}

/**
 * The same answer again, unless it is for another server or holds more scope than this request asks for. Then the client gets
 * another access token, with the refresh token of the first answer: there is one at a time.
 */
async function replay(
  context: SessionContext,
  session: SessionDocument,
  handle: RefreshHandle,
  sealed: string,
  request: RefreshRequest,
): Promise<Answer> {
  const { servers } = context.gateway;
  const granted = scopesWithinGrant(servers, session, request);
  const { server: answered, tokens } = JSON.parse(
    await unsealAnswer(handle.secret, session.id, sealed),
  ) as Answer;
  const server = grantedServer(servers, session, request.server);
  if (!server) throw refused("server_not_configured");
  if (server.name === answered && tokens.scopes.every((scope) => granted.includes(scope))) {
    return { server: answered, tokens };
  }
  // The first answer asked Entra for its own server only.
  if (server.name !== answered) await renewed(context, session, server);
  const access = await issueTokens(context, session, server, granted, session.endsAt, undefined);
  return { server: server.name, tokens: { ...tokens, ...access } };
}

/** @returns as {@link refreshOnce} */
async function rotate(
  context: SessionContext,
  { document: session, etag }: Stored<SessionDocument>,
  family: RefreshFamilyRecord,
  handle: RefreshHandle,
  request: RefreshRequest,
): Promise<Answer | typeof CONFLICT> {
  const { lifetimes, servers } = context.gateway;
  const now = context.now();
  if (family.expiresAt <= now) throw refused("refresh_token_expired");
  const scopes = scopesWithinGrant(servers, session, request);
  const server = grantedServer(servers, session, request.server);
  if (!server) throw refused("server_not_configured");
  const entra = await renewed(context, session, server);
  const next = nextRefreshSecrets(handle.family);
  const tokens = await issueTokens(context, session, server, scopes, session.endsAt, next);
  const answer: Answer = { server: server.name, tokens };
  const expiresAt = Math.min(now + lifetimes.refreshToken, session.endsAt);
  const currentHash = hashOf(next.secret);
  const document: SessionDocument = {
    ...session,
    entra,
    lastUsedAt: now,
    refresh: {
      familyHash: family.familyHash,
      currentHash,
      expiresAt,
      previous: {
        hash: family.currentHash,
        until: now + lifetimes.refreshReplay,
        answer: await sealAnswer(handle.secret, session.id, JSON.stringify(answer)),
      },
    },
    ttl: Math.max(expiresAt, tokens.expiresAt) - now + TTL_MARGIN_SECONDS,
  };
  const isOurs = ({ refresh }: SessionDocument) => refresh?.currentHash === currentHash;
  return (await writeSession(context, document, etag, isOurs)) ? answer : CONFLICT;
}

/**
 * @returns the sealed Entra tokens, renewed if their access token was near its end
 * @throws OAuthError `invalid_grant` when Entra refuses, or the user has lost the role or group for the server
 */
async function renewed(
  context: SessionContext,
  session: SessionDocument,
  server: ResolvedServer,
): Promise<string> {
  if (!session.entra) throw refused("entra_tokens_missing");
  try {
    const tokens = await unsealEntraTokens(context.keys, session.id, session.entra);
    const answer = await standingAt(context, session, server, tokens);
    if (!mayUse(answer, server)) {
      throw new OAuthError("invalid_grant", "The user may no longer use this resource.", {
        reason: "role_missing",
      });
    }
    return answer.renewed ? await sealEntraTokens(context.keys, session.id, answer.renewed) : session.entra;
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === "refused") {
      throw new OAuthError("invalid_grant", "The user has to sign in again.", {
        reason: error.message,
      });
    }
    throw error;
  }
}
