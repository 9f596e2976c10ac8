import type { ResolvedServer } from "../../../../config/resolve.ts";
import { OAuthError } from "../../errors.ts";
import { serverForResource } from "../resource-indicator.ts";

/**
 * `resource` names one or more MCP servers; it is the one parameter that may be repeated (RFC 8707 §2). Some clients leave it
 * out, and take the scopes from the MCP server's challenge all the same: it is then the first server that has one of them,
 * and the first of all where they name none that is known.
 *
 * @throws OAuthError `invalid_target` when one of them is no server of ours
 */
export function checkResource(
  search: URLSearchParams,
  servers: readonly ResolvedServer[],
): readonly ResolvedServer[] {
  const named = namedResources(search);
  if (named.length > 0) return [...new Set(named.map((resource) => serverForResource(resource, servers)))];
  const scopes = new Set((search.get("scope") ?? "").split(" "));
  const first = servers.find((server) => server.scopes.some(({ name }) => scopes.has(name))) ?? servers[0];
  if (!first) throw new OAuthError("invalid_target", "No MCP server is configured.");
  return [first];
}

/** @returns the resources that a request names; empty values count as left out (RFC 6749 §3.1) */
export function namedResources(search: URLSearchParams): readonly string[] {
  return search.getAll("resource").filter((resource) => resource !== "");
}
