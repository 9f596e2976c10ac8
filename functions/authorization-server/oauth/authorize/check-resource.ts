import type { ResolvedServer } from "../../../../config/resolve.ts";
import { OAuthError } from "../../errors.ts";
import { serverForResource } from "../resource-indicator.ts";

/**
 * `resource` names one or more MCP servers; it is the one parameter that may be repeated (RFC 8707 §2). Left out, it is
 * the first server.
 *
 * @throws OAuthError `invalid_target` when one of them is no server of ours
 */
export function checkResource(
  search: URLSearchParams,
  servers: readonly ResolvedServer[],
): readonly ResolvedServer[] {
  const named = search.getAll("resource").filter((resource) => resource !== "");
  if (named.length > 0) return [...new Set(named.map((resource) => serverForResource(resource, servers)))];
  const [first] = servers;
  if (!first) throw new OAuthError("invalid_target", "No MCP server is configured.");
  return [first];
}
