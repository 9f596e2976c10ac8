import type { ResolvedServer } from "../../../config/resolve.ts";
import type { GrantType } from "../../../config/rules/client-metadata.ts";
import { OAuthError } from "../errors.ts";
import { isOpenIdScope, OFFLINE_ACCESS } from "./openid-scopes.ts";
import type { SessionDocument } from "./session-document.ts";

/**
 * Keeps a refresh within what was granted (RFC 6749 §6, RFC 8707 §2.2). Some clients repeat at every refresh what they asked for once.
 * So a request may name OpenID Connect's scopes, `offline_access` among them, which give access to no server, and scopes that the
 * person left out or withdrew, which the answer lacks.
 *
 * @returns the granted scopes that the request asks for; all of them when it names none of those
 * @throws OAuthError `invalid_target`, `invalid_scope`
 */
export function scopesWithinGrant(
  servers: readonly ResolvedServer[],
  session: Pick<SessionDocument, "servers" | "scopes" | "leftOut">,
  { server, scopes = [] }: { readonly server?: string; readonly scopes?: readonly string[] },
): readonly string[] {
  if (server !== undefined && !session.servers.includes(server)) {
    throw new OAuthError("invalid_target", "The refresh token was issued for another resource.");
  }
  const asked = [...session.scopes, ...(session.leftOut ?? [])];
  if (scopes.some((scope) => !asked.includes(scope) && !isOpenIdScope(scope, servers))) {
    throw new OAuthError("invalid_scope", "The scope goes beyond what was granted.");
  }
  const named = session.scopes.filter((scope) => scopes.includes(scope));
  return named.some((scope) => scope !== OFFLINE_ACCESS) ? named : session.scopes;
}

/**
 * Tells whether a client gets a refresh token. The pages say the same to the person.
 *
 * @param client with the grant types that it registered
 * @param scopes that were granted
 */
export function mayRefresh(
  client: { readonly grantTypes: readonly GrantType[] },
  scopes: readonly string[],
): boolean {
  return client.grantTypes.includes("refresh_token") || scopes.includes(OFFLINE_ACCESS);
}
