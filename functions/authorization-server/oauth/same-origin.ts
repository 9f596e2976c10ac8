import { OAuthError } from "../errors.ts";

/**
 * Browsers say where a form comes from; one that does not say is refused (RFC 9700 §4.7).
 *
 * @param origin our own
 * @throws OAuthError `invalid_request`, status 403
 */
export function requireSameOrigin(request: Request, origin: string): void {
  if (request.headers.get("origin") === origin && request.headers.get("sec-fetch-site") === "same-origin")
    return;
  throw new OAuthError(
    "invalid_request",
    "The form was not sent from our page. Please start again from your application.",
    {
      reason: "cross_site_form",
      status: 403,
    },
  );
}
