import type { ResolvedServer } from "../../../../../config/resolve.ts";
import { OAuthError } from "../../../errors.ts";
import { isOpenIdScope, OFFLINE_ACCESS } from "../../../sessions/openid-scopes.ts";
import type { Parameters } from "../../request-body.ts";

/**
 * The scopes to grant: those that were asked for and that the servers have, or the servers' required ones when the client
 * named none (RFC 6749 §3.3). Scopes of other servers are left out, as §3.3 allows, because some clients ask for every scope that they
 * found anywhere. When none is left, a client that named a resource gets the required ones, too: it did say what it wants to use.
 *
 * @param resourceNamed whether the client named the servers (RFC 8707 §2)
 * @throws OAuthError `invalid_scope` when the client named neither a resource nor any scope that is known here
 */
export function checkScope(
  parameters: Parameters,
  servers: readonly ResolvedServer[],
  resourceNamed: boolean,
): readonly string[] {
  const requested = new Set((parameters.get("scope") ?? "").split(" ").filter(Boolean));
  const scopes = servers.flatMap((server) => server.scopes);
  const known = scopes.filter(({ name }) => requested.has(name));
  const unknown = [...requested].some((scope) => !isOpenIdScope(scope, servers));
  if (known.length === 0 && unknown && !resourceNamed) {
    throw new OAuthError("invalid_scope", "None of the scopes belongs to this resource.");
  }
  const granted = known.length > 0 ? known : scopes.filter((scope) => scope.required);
  const offline = requested.has(OFFLINE_ACCESS) ? [OFFLINE_ACCESS] : [];
  return [...new Set(granted.map(({ name }) => name)), ...offline];
}
