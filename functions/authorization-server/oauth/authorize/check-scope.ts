import type { ResolvedServer } from "../../../../config/resolve.ts";
import { OAuthError } from "../../errors.ts";
import type { Parameters } from "../request-body.ts";

/** A client asks with it to stay connected; it is no scope of any server. */
export const OFFLINE_ACCESS = "offline_access";

/**
 * The scopes to grant: those that were asked for and that the servers have, or the servers' required ones when the client
 * named none (RFC 6749 §3.3). Scopes that nobody here knows are left out, as §3.3 allows.
 *
 * @throws OAuthError `invalid_scope` when not one of the scopes asked for is known
 */
export function checkScope(parameters: Parameters, servers: readonly ResolvedServer[]): readonly string[] {
  const requested = new Set((parameters.get("scope") ?? "").split(" ").filter(Boolean));
  const offline = requested.delete(OFFLINE_ACCESS) ? [OFFLINE_ACCESS] : [];
  const scopes = servers.flatMap((server) => server.scopes);
  const known = scopes.filter((scope) => requested.has(scope.name));
  if (requested.size > 0 && known.length === 0) {
    throw new OAuthError("invalid_scope", "None of the scopes belongs to this resource.");
  }
  const granted = requested.size > 0 ? known : scopes.filter((scope) => scope.required);
  return [...new Set(granted.map((scope) => scope.name)), ...offline];
}
