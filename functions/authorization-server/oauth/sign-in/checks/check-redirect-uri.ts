import type { ResolvedGateway } from "../../../../../config/resolve.ts";
import { redirectUriFault, redirectUriMatches } from "../../../../../config/rules/redirect-uri.ts";
import type { Client } from "../../../clients/client.ts";
import { OAuthError } from "../../../errors.ts";

/**
 * `redirect_uri` is one that the client registered (RFC 9700 §2.1); left out, it is the only one. Answers may still go there:
 * a stored registration may be older than a rule, or than the operator's list of schemes, and a client's document may list
 * more than is allowed here.
 */
export function checkRedirectUri(
  search: URLSearchParams,
  client: Pick<Client, "redirectUris" | "origin">,
  { redirectSchemes }: Pick<ResolvedGateway, "redirectSchemes">,
): string {
  const uri = registeredUri(search, client);
  const fault = redirectUriFault(uri, client.origin === "configured" ? "any" : redirectSchemes);
  if (fault === undefined) return uri;
  throw new OAuthError("invalid_request", `redirect_uri ${fault}.`, { reason: "redirect_uri_not_allowed" });
}

function registeredUri(search: URLSearchParams, { redirectUris }: Pick<Client, "redirectUris">): string {
  const [requested, ...more] = search.getAll("redirect_uri");
  if (more.length > 0) throw new OAuthError("invalid_request", "redirect_uri is repeated.");
  const [only, ...others] = redirectUris;
  if (!requested) {
    if (only !== undefined && others.length === 0) return only;
    throw new OAuthError("invalid_request", "redirect_uri is missing.");
  }
  if (redirectUris.some((registered) => redirectUriMatches(registered, requested))) return requested;
  throw new OAuthError("invalid_request", "redirect_uri is none that the client registered.", {
    reason: "redirect_uri_not_registered",
    explanation: "redirectUriNotRegistered",
  });
}
