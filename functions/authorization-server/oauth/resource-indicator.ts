import type { ResolvedServer } from "../../../config/resolve.ts";
import { OAuthError } from "../errors.ts";

/**
 * Finds the MCP server that a resource indicator names (RFC 8707 §2). Some clients write the server's URL with upper case in the
 * scheme or the host, or with one slash at its end. Others send the URL as the person configured it, with a query such as
 * `?utm_source=plugin`; no server of ours has a query in its URL, so a query tells none from another.
 *
 * @throws OAuthError `invalid_target` when it names no server of ours, or has a fragment
 */
export function serverForResource(resource: string, servers: readonly ResolvedServer[]): ResolvedServer {
  const server = servers.find((each) => each.resource === normalized(resource));
  if (!server) throw new OAuthError("invalid_target", "resource names no MCP server of this gateway.");
  return server;
}

/** @returns the URL without its query; undefined when it is not a URL as RFC 3986 writes them, or has a fragment */
function normalized(resource: string): string | undefined {
  const match = /^([a-z]+:\/\/[^/?#]+)([^?#]*)(?:\?[!"$-~]*)?$/i.exec(resource);
  return match ? `${match[1]?.toLowerCase()}${match[2]?.replace(/\/$/, "")}` : undefined;
}
