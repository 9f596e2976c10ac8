import type { ResolvedServer } from "../../../config/resolve.ts";
import type { SessionDocument } from "./session-document.ts";

/**
 * The MCP server that a token of this session is for.
 *
 * @param named by the client (RFC 8707 §2.2); without one it is the session's first
 * @returns undefined when it is not one of the session's, or no longer configured
 */
export function grantedServer(
  servers: readonly ResolvedServer[],
  session: SessionDocument,
  named: string | undefined = session.servers[0],
): ResolvedServer | undefined {
  if (named === undefined || !session.servers.includes(named)) return undefined;
  return servers.find((server) => server.name === named);
}

/** @returns those of the scopes that mean something at this server; what is no server's own, as `offline_access`, stays */
export function scopesAt(
  servers: readonly ResolvedServer[],
  server: ResolvedServer,
  scopes: readonly string[],
): readonly string[] {
  const own = new Set(server.scopes.map((scope) => scope.name));
  const others = new Set(servers.flatMap((each) => each.scopes.map((scope) => scope.name)));
  return scopes.filter((scope) => own.has(scope) || !others.has(scope));
}
