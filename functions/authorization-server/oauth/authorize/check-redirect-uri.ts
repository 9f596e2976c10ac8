import type { Client } from "../../clients/client.ts";
import { redirectUriMatches } from "../../clients/redirect-uri.ts";
import { OAuthError } from "../../errors.ts";

/** `redirect_uri` is one that the client registered (RFC 9700 §2.1); left out, it is the only one. */
export function checkRedirectUri(search: URLSearchParams, client: Client): string {
  const [requested, ...more] = search.getAll("redirect_uri");
  if (more.length > 0) throw new OAuthError("invalid_request", "redirect_uri is repeated.");
  const [only, ...others] = client.redirectUris;
  if (!requested) {
    if (only !== undefined && others.length === 0) return only;
    throw new OAuthError("invalid_request", "redirect_uri is missing.");
  }
  if (client.redirectUris.some((registered) => redirectUriMatches(registered, requested))) return requested;
  throw new OAuthError("invalid_request", "redirect_uri is none that the client registered.", {
    reason: "redirect_uri_not_registered",
    explanation: "redirectUriNotRegistered",
  });
}
