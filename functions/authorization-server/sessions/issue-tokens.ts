import type { ResolvedServer } from "../../../config/resolve.ts";
import { randomId, randomSecret } from "../crypto/secrets.ts";
import { signAccessToken } from "./access-token.ts";
import { scopesAt } from "./granted-server.ts";
import { formatRefreshToken } from "./handles.ts";
import type { SessionContext } from "./session-context.ts";
import type { SessionDocument } from "./session-document.ts";

/** What a client gets, before it is put in the words of RFC 6749 §5.1. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  readonly scopes: readonly string[];
  readonly refreshToken?: string;
}

/** The two secrets of a refresh token: the family's, which stays, and the rotating one. */
interface RefreshSecrets {
  readonly family: string;
  readonly secret: string;
}

/**
 * Signs an access token for a session and, where it may refresh, forms its next refresh token.
 *
 * @param granted scopes to choose from: the access token gets those of its server; a refresh token always stands for the session's own
 * @param endsAt the end of the session, which no access token outlives
 */
export async function issueTokens(
  context: SessionContext,
  session: SessionDocument,
  server: ResolvedServer,
  granted: readonly string[],
  endsAt: number,
  refresh: RefreshSecrets | undefined,
): Promise<IssuedTokens> {
  const { gateway, keys } = context;
  const now = context.now();
  const expiresAt = Math.min(now + gateway.lifetimes.accessToken, endsAt);
  const scopes = scopesAt(gateway.servers, server, granted);
  const accessToken = await signAccessToken(keys, {
    iss: gateway.issuer,
    sub: session.user,
    aud: server.resource,
    client_id: session.client.id,
    scope: scopes.join(" "),
    jti: randomId(),
    sid: session.id,
    iat: now,
    exp: expiresAt,
  });
  return {
    accessToken,
    expiresAt,
    scopes,
    ...(refresh
      ? { refreshToken: formatRefreshToken({ user: session.user, session: session.id, ...refresh }) }
      : {}),
  };
}

/** @returns secrets for a new family, or the next of a known one */
export function nextRefreshSecrets(family: string = randomSecret()): RefreshSecrets {
  return { family, secret: randomSecret() };
}
