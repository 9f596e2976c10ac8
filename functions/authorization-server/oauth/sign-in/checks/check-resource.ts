import type { ResolvedGateway, ResolvedServer } from "../../../../../config/resolve.ts";
import { OAuthError } from "../../../errors.ts";
import { serverForResource } from "../../resource-indicator.ts";

/** The MCP servers that a request is for. */
export interface RequestedResource {
  readonly servers: readonly ResolvedServer[];
  /** Set when the client named no server, and the one server here is our choice. */
  readonly resourceLeftOut?: true;
}

/**
 * `resource` names one or more MCP servers; it is the only parameter that may be repeated (RFC 8707 §2). Some clients leave it
 * out, but take the scopes from the MCP server's challenge: they get the first server that has one of the scopes, and the first
 * server of all where they name no known scope.
 *
 * @throws OAuthError `invalid_target` when a named server is not ours, or none is named and the operator requires one
 */
export function checkResource(
  search: URLSearchParams,
  { servers, requireResource }: Pick<ResolvedGateway, "servers" | "requireResource">,
): RequestedResource {
  const named = namedResources(search);
  if (named.length > 0) {
    return { servers: [...new Set(named.map((resource) => serverForResource(resource, servers)))] };
  }
  if (requireResource) throw new OAuthError("invalid_target", "resource is missing.");
  const scopes = new Set((search.get("scope") ?? "").split(" "));
  const first = servers.find((server) => server.scopes.some(({ name }) => scopes.has(name))) ?? servers[0];
  if (!first) throw new OAuthError("invalid_target", "No MCP server is configured.");
  return { servers: [first], resourceLeftOut: true };
}

/** @returns the resources that a request names; empty values count as left out (RFC 6749 §3.1) */
function namedResources(search: URLSearchParams): readonly string[] {
  return search.getAll("resource").filter((resource) => resource !== "");
}
