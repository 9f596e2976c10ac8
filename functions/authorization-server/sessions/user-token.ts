import type { ResolvedServer } from "../../../config/resolve.ts";
import type { SessionSubject } from "../audit/events.ts";
import type { Stored } from "../store/documents.ts";
import { CONFLICT, retryOnConflict } from "../store/retry-on-conflict.ts";
import { bothClaimsRequests } from "../upstream/claims-request.ts";
import { UpstreamError } from "../upstream/errors.ts";
import type { EntraAccessToken, EntraIdentity, EntraRenewal } from "../upstream/upstream.ts";
import { signAssertion } from "./assertion.ts";
import { sealEntraTokens, unsealEntraTokens } from "./entra-tokens.ts";
import { grantedServer, scopesAt } from "./granted-server.ts";
import { mayUse } from "./may-use.ts";
import { revokeSession } from "./revoke.ts";
import { endOf, type SessionContext, sessionIn } from "./session-context.ts";
import type { SessionDocument } from "./session-document.ts";
import { standingAt } from "./standing.ts";
import { subjectOf } from "./subject.ts";

/** What the gateway read in the proxy token. */
interface Caller {
  readonly user: string;
  readonly session: string;
  /** An assertion has no others. */
  readonly scopes?: readonly string[];
}

/** A gateway must not hold an Entra token in its last five minutes. */
const LAST_SECONDS_UNUSED = 300;

/** Entra is asked for a token before its time at most once in so many seconds, however often a backend refuses. */
const RENEWAL_PAUSE_SECONDS = 30;

/** Entra refused to renew the token; the session has ended. */
interface SignInNeeded {
  readonly reason: string;
  readonly subject: SessionSubject;
  /** Name of the MCP server that the token was for. */
  readonly server: string;
  /** What the sign-in has to satisfy: a claims request, as JSON. */
  readonly claims?: string | undefined;
}

interface UserToken {
  /** The user's Entra access token for the MCP server, or our assertion where the server gets no Entra token. */
  readonly token: string;
  /** How many seconds the gateway may keep it; 0: not at all. */
  readonly cacheSeconds: number;
  /** Scopes of the server that the person left out or withdrew: older access tokens still hold those. */
  readonly withdrawn: readonly string[];
}

/**
 * Gives the user's Entra token for the server of a session, or our assertion: one point read, and one conditional write when Entra
 * renewed what is kept.
 *
 * After a backend's refusal the token is renewed before its time, at most once in a while. When Entra refuses that, the session
 * ends, because no refresh could bring what the backend wants.
 *
 * @param resource audience of the proxy token that the gateway saw
 * @param refusal set when the backend refused the token that the gateway had, with the claims that it asked for
 * @returns undefined when the session cannot serve that resource: unknown, revoked, expired, or not granted for
 *   it, or the user has lost the role or group for it
 * @throws UpstreamError when Entra refuses or cannot be reached; StoreError
 */
export async function userToken(
  context: SessionContext,
  caller: Caller,
  resource: string,
  refusal?: EntraRenewal,
): Promise<UserToken | SignInNeeded | undefined> {
  return retryOnConflict(
    sessionIn(context, caller),
    async (stored) => stored && tokenOnce(context, stored, caller, resource, refusal),
  );
}

/** @returns as {@link userToken}; CONFLICT when somebody else, who may have revoked the session, wrote it first */
async function tokenOnce(
  context: SessionContext,
  stored: Stored<SessionDocument>,
  { scopes = [] }: Caller,
  resource: string,
  refusal: EntraRenewal | undefined,
): Promise<UserToken | SignInNeeded | typeof CONFLICT | undefined> {
  const { documents, gateway, keys } = context;
  const session = stored.document;
  const named = gateway.servers.find((each) => each.resource === resource)?.name;
  const server = named === undefined ? undefined : grantedServer(gateway.servers, session, named);
  if (endOf(session, context.now()) || !session.entra || !server) return undefined;
  const tokens = await unsealEntraTokens(keys, session.id, session.entra);
  const renewing = refusal && !renewedLately(session, context.now()) ? refusal : undefined;
  const answered = await standingAt(context, session, server, tokens, renewing).catch((error: unknown) => {
    if (renewing && error instanceof UpstreamError && error.kind === "refused") return error;
    throw error;
  });
  if (answered instanceof UpstreamError) {
    await revokeSession(context, stored, "entra_refused");
    const claims = bothClaimsRequests(renewing?.claims, answered.claims);
    return { reason: answered.message, subject: subjectOf(session), server: server.name, claims };
  }
  const { renewed } = answered;
  if (renewed) {
    const entra = await sealEntraTokens(keys, session.id, renewed);
    const lastUsedAt = context.now();
    const noted = renewing ? { entraRenewedAt: lastUsedAt } : {};
    const written = await documents.replace({ ...session, entra, lastUsedAt, ...noted }, stored.etag);
    if (!written) return CONFLICT;
  }
  if (!mayUse(answered, server)) return undefined;
  const withdrawn = scopesAt(gateway.servers, server, session.leftOut ?? []);
  const left = scopes.filter((scope) => !withdrawn.includes(scope));
  const { token, usable } = await tokenOf(context, session, server, answered, left);
  const longest = Math.min(gateway.lifetimes.gatewayCache, session.endsAt - context.now());
  return { token, cacheSeconds: Math.max(0, Math.min(longest, usable)), withdrawn };
}

/** @returns the token, and for how many seconds a gateway may give it to the server */
async function tokenOf(
  context: SessionContext,
  session: SessionDocument,
  server: ResolvedServer,
  answered: EntraAccessToken | EntraIdentity,
  scopes: readonly string[],
): Promise<{ readonly token: string; readonly usable: number }> {
  if ("token" in answered) {
    const { token, expiresAt } = answered;
    return { token, usable: expiresAt - context.now() - LAST_SECONDS_UNUSED };
  }
  const { token, life } = await signAssertion(context, session, server, answered, scopes);
  return { token, usable: Math.floor(life / 2) };
}

function renewedLately({ entraRenewedAt }: SessionDocument, now: number): boolean {
  return entraRenewedAt !== undefined && now < entraRenewedAt + RENEWAL_PAUSE_SECONDS;
}
