import type { ResolvedServer } from "../../../config/resolve.ts";
import { OAuthError } from "../errors.ts";

/**
 * Finds the MCP server that a resource indicator names (RFC 8707 §2). Upper case in scheme and host, and one slash at the
 * end, are how some clients write the same URL.
 *
 * @throws OAuthError `invalid_target` when it names no server of ours
 */
export function serverForResource(resource: string, servers: readonly ResolvedServer[]): ResolvedServer {
  const server = servers.find((each) => each.resource === normalized(resource));
  if (!server) throw new OAuthError("invalid_target", "resource names no MCP server of this gateway.");
  return server;
}

function normalized(resource: string): string | undefined {
  const match = /^([a-z]+:\/\/[^/?#]+)([^?#]*)$/i.exec(resource);
  return match ? `${match[1]?.toLowerCase()}${match[2]?.replace(/\/$/, "")}` : undefined;
}
