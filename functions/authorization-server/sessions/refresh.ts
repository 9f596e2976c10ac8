import { OAuthError } from "../errors.ts";
import { type Stored, StoreError } from "../store/store.ts";
import { UpstreamError } from "../upstream/entra.ts";
import { sealEntraTokens, unsealEntraTokens } from "./entra-tokens.ts";
import { parseRefreshToken, type RefreshHandle } from "./handles.ts";
import { type IssuedTokens, issueTokens, nextRefreshSecrets } from "./issue-tokens.ts";
import { sealAnswer, unsealAnswer } from "./replayable-answer.ts";
import { revokeSession } from "./revoke.ts";
import { hasHash, hashOf } from "./secrets.ts";
import { endOf, type SessionContext, TTL_MARGIN_SECONDS, WRITE_ATTEMPTS } from "./session-context.ts";
import type { RefreshFamilyRecord, SessionDocument } from "./session-document.ts";

/** What a client presents (RFC 6749 §6, RFC 8707 §2.2). */
export interface RefreshRequest {
  readonly refreshToken: string;
  readonly clientId: string;
  /** Scopes to narrow the access token to. */
  readonly scopes?: readonly string[];
  /** Name of the MCP server, when the client named one. */
  readonly server?: string;
}

const refused = (reason: string) =>
  new OAuthError("invalid_grant", "The refresh token is invalid, expired or revoked.", { reason });

/**
 * Rotates a refresh token: one point read and one conditional write. The token just replaced gives the same answer
 * again for a while, so that a lost answer or two racing workers do not end a session; any use of an older one revokes
 * the family (RFC 9700 §4.14.2). The user's Entra token is renewed with it when it ends within 5 minutes.
 *
 * @returns undefined when the token names no session at all; nothing is known about the client then
 * @throws OAuthError `invalid_grant`, `invalid_scope`, `invalid_target`; UpstreamError when Entra cannot be reached;
 *   StoreError
 */
export async function refreshSession(
  context: SessionContext,
  request: RefreshRequest,
): Promise<{ tokens: IssuedTokens; session: string; replayed: boolean } | undefined> {
  const handle = parseRefreshToken(request.refreshToken);
  if (!handle) return undefined;
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
    const stored = await context.documents.read(handle.session, handle.user);
    if (!stored) return undefined;
    const session = stored.document;
    const now = context.now();
    const family = session.refresh;
    if (!family || !hasHash(handle.family, family.familyHash)) throw refused("refresh_token_unknown");
    if (session.client.id !== request.clientId) throw refused("refresh_token_of_another_client");
    const ended = endOf(session, now);
    if (ended) throw refused(`session_${ended}`);
    if (hasHash(handle.secret, family.currentHash)) {
      const tokens = await rotate(context, stored, family, handle, request);
      if (tokens) return { tokens, session: session.id, replayed: false };
      continue;
    }
    const { previous } = family;
    if (previous && now < previous.until && hasHash(handle.secret, previous.hash)) {
      checkBounds(session, request);
      const tokens = JSON.parse(
        await unsealAnswer(handle.secret, session.id, previous.answer),
      ) as IssuedTokens;
      return { tokens, session: session.id, replayed: true };
    }
    await revokeSession(context, stored, "refresh_reuse");
    throw refused("refresh_reuse");
  }
  throw new StoreError("unavailable", { cause: new Error("the session kept changing") });
}

/** A refresh stays within what was granted (RFC 6749 §6, RFC 8707 §2.2). */
function checkBounds(session: SessionDocument, request: RefreshRequest): void {
  if (request.server !== undefined && request.server !== session.server) {
    throw new OAuthError("invalid_target", "The refresh token was issued for another resource.");
  }
  if (request.scopes?.some((scope) => !session.scopes.includes(scope))) {
    throw new OAuthError("invalid_scope", "The scope goes beyond what was granted.");
  }
}

/** @returns undefined when somebody else wrote the session first; nothing was given out then */
async function rotate(
  context: SessionContext,
  { document: session, etag }: Stored<SessionDocument>,
  family: RefreshFamilyRecord,
  handle: RefreshHandle,
  request: RefreshRequest,
): Promise<IssuedTokens | undefined> {
  const { lifetimes, servers } = context.gateway;
  const now = context.now();
  if (family.expiresAt <= now) throw refused("refresh_token_expired");
  const server = servers.find((each) => each.name === session.server);
  if (!server || !session.entra) throw refused("server_not_configured");
  checkBounds(session, request);
  const scopes = request.scopes ?? session.scopes;
  const entra = await renewed(context, session.id, session.entra, server.entraScope);
  const next = nextRefreshSecrets(handle.family);
  const tokens = await issueTokens(context, session, server, scopes, session.endsAt, next);
  const expiresAt = Math.min(now + lifetimes.refreshToken, session.endsAt);
  const written = await context.documents.replace(
    {
      ...session,
      entra,
      refresh: {
        familyHash: family.familyHash,
        currentHash: hashOf(next.secret),
        expiresAt,
        previous: {
          hash: family.currentHash,
          until: now + lifetimes.refreshReplay,
          answer: await sealAnswer(handle.secret, session.id, JSON.stringify(tokens)),
        },
      },
      ttl: Math.max(expiresAt, tokens.expiresAt) - now + TTL_MARGIN_SECONDS,
    },
    etag,
  );
  return written ? tokens : undefined;
}

/** @returns the sealed Entra tokens, renewed if their access token was near its end */
async function renewed(
  context: SessionContext,
  session: string,
  sealed: string,
  scope: string,
): Promise<string> {
  try {
    const tokens = await unsealEntraTokens(context.keys, session, sealed);
    const answer = await context.upstream.accessToken(tokens, scope);
    return answer.renewed ? await sealEntraTokens(context.keys, session, answer.renewed) : sealed;
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === "refused") {
      throw new OAuthError("invalid_grant", "The user has to sign in again.", {
        reason: error.message,
      });
    }
    throw error;
  }
}
