import { sealEntraTokens, unsealEntraTokens } from "./entra-tokens.ts";
import { grantedServer } from "./granted-server.ts";
import { mayUse } from "./may-use.ts";
import { endOf, keptChanging, type SessionContext, WRITE_ATTEMPTS } from "./session-context.ts";

/** A gateway must not hold an Entra token in its last five minutes. */
const LAST_SECONDS_UNUSED = 300;

export interface UserToken {
  /** The user's Entra access token for the MCP server. */
  readonly token: string;
  /** How many seconds the gateway may keep it; 0: not at all. */
  readonly cacheSeconds: number;
}

/**
 * Gives the user's Entra token for the server of a session: one point read, and one conditional write when it had
 * to be renewed.
 *
 * @param resource audience of the proxy token that the gateway saw
 * @returns undefined when the session cannot serve that resource: unknown, revoked, expired, or not granted for
 *   it, or the user has lost the role for it
 * @throws UpstreamError when Entra refuses or cannot be reached; StoreError
 */
export async function userToken(
  context: SessionContext,
  place: { readonly user: string; readonly session: string },
  resource: string,
): Promise<UserToken | undefined> {
  const { documents, gateway, keys, upstream } = context;
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
    const stored = await documents.read(place.session, place.user);
    if (!stored) return undefined;
    const session = stored.document;
    const named = gateway.servers.find((each) => each.resource === resource)?.name;
    const server = named === undefined ? undefined : grantedServer(gateway.servers, session, named);
    if (endOf(session, context.now()) || !session.entra || !server) return undefined;
    const tokens = await unsealEntraTokens(keys, session.id, session.entra);
    const { token, expiresAt, roles, renewed } = await upstream.accessToken(tokens, server.entraScope);
    const cacheSeconds = Math.max(
      0,
      Math.min(
        gateway.lifetimes.gatewayCache,
        expiresAt - context.now() - LAST_SECONDS_UNUSED,
        session.endsAt - context.now(),
      ),
    );
    const answer = mayUse(roles, server) ? { token, cacheSeconds } : undefined;
    if (!renewed) return answer;
    // Whoever wrote first may have revoked the session, so a lost write means to look again.
    const entra = await sealEntraTokens(keys, session.id, renewed);
    if (await documents.replace({ ...session, entra }, stored.etag)) return answer;
  }
  throw keptChanging();
}
