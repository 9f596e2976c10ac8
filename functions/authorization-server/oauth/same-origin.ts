import { type Explanation, OAuthError } from "../errors.ts";

/**
 * Browsers say where a form comes from; one that does not say is refused (RFC 9700 §4.7).
 *
 * @param origin our own
 * @param explanation for the person
 * @throws OAuthError `invalid_request`, status 403
 */
export function requireSameOrigin(request: Request, origin: string, explanation: Explanation): void {
  if (request.headers.get("origin") === origin && request.headers.get("sec-fetch-site") === "same-origin")
    return;
  throw new OAuthError("invalid_request", "The form does not come from our page.", {
    reason: "cross_site_form",
    status: 403,
    explanation,
  });
}
