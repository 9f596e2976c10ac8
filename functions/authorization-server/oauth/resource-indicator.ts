import type { ResolvedServer } from "../../../config/resolve.ts";
import { OAuthError } from "../errors.ts";
import type { Parameters } from "./request-body.ts";

/**
 * Finds the MCP server that `resource` names (RFC 8707 §2). Upper case in scheme and host, and one slash at the end,
 * are how some clients write the same URL.
 *
 * @returns undefined when the parameter is left out
 * @throws OAuthError `invalid_target` when it names no server of ours
 */
export function serverForResource(
  parameters: Parameters,
  servers: readonly ResolvedServer[],
): ResolvedServer | undefined {
  const resource = parameters.get("resource");
  if (resource === undefined) return undefined;
  const server = servers.find((each) => each.resource === normalized(resource));
  if (!server) throw new OAuthError("invalid_target", "resource names no MCP server of this gateway.");
  return server;
}

function normalized(resource: string): string | undefined {
  const match = /^([a-z]+:\/\/[^/?#]+)([^?#]*)$/i.exec(resource);
  return match ? `${match[1]?.toLowerCase()}${match[2]?.replace(/\/$/, "")}` : undefined;
}
