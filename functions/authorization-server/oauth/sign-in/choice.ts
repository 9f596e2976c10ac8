import type { ResolvedServer } from "../../../../config/resolve.ts";
import { OAuthError } from "../../errors.ts";
import { OFFLINE_ACCESS } from "../../sessions/openid-scopes.ts";
import { optionalScopes } from "../../sessions/optional-scopes.ts";
import { mayRefresh } from "../../sessions/refresh-within-grant.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";

/**
 * What the person may leave out of a request: its optional scopes, and `offline_access` wherever the client would get a refresh token,
 * also one that did not ask for that scope. Clients cope without a refresh token, because no authorization server has to issue one
 * (MCP SEP-2207): they ask the person again when the access token ends.
 *
 * @param servers those of the request
 */
export function choicesOf(
  { client, scopes }: Pick<AuthorizationRequest, "client" | "scopes">,
  servers: readonly ResolvedServer[],
): readonly string[] {
  const staying = mayRefresh(client, scopes) ? [OFFLINE_ACCESS] : [];
  return [...optionalScopes(servers, scopes), ...staying];
}

/**
 * Takes out of a request what the person left out (RFC 6749 §3.3).
 *
 * @param ticked the boxes that the form says are ticked
 * @returns undefined when no scope of a server is left
 * @throws OAuthError `invalid_request` when a box is ticked that the page did not have: somebody changed the form
 */
export function chosenRequest(
  request: AuthorizationRequest,
  servers: readonly ResolvedServer[],
  ticked: readonly string[],
): AuthorizationRequest | undefined {
  const choices = choicesOf(request, servers);
  if (ticked.some((each) => !choices.includes(each))) {
    throw new OAuthError("invalid_request", "The form allows a scope that was not requested.", {
      reason: "scope_not_offered",
    });
  }
  const leftOut = choices.filter((each) => !ticked.includes(each));
  if (leftOut.length === 0) return request;
  const scopes = request.scopes.filter((scope) => !leftOut.includes(scope));
  if (scopes.every((scope) => scope === OFFLINE_ACCESS)) return undefined;
  const withheld = leftOut.filter((scope) => scope !== OFFLINE_ACCESS);
  const chosen = { ...request, scopes, ...(withheld.length > 0 && { leftOut: withheld }) };
  return leftOut.includes(OFFLINE_ACCESS) ? withoutRefresh(chosen) : chosen;
}

/** @returns the request of a client that gets no refresh token */
export function withoutRefresh(request: AuthorizationRequest): AuthorizationRequest {
  const { client, scopes } = request;
  return {
    ...request,
    client: { ...client, grantTypes: client.grantTypes.filter((type) => type !== "refresh_token") },
    scopes: scopes.filter((scope) => scope !== OFFLINE_ACCESS),
  };
}
