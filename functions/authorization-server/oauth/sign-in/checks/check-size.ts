import { OAuthError } from "../../../errors.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";

/**
 * What fits, sealed and in base64url, into the 4096 bytes that browsers grant a cookie. API Management documents its own limit, of
 * 2,048 bytes for a query; where it holds to that, it refuses a request before it comes here.
 */
const LIMIT_BYTES = 2400;

/** The request has to travel in a cookie. @throws OAuthError `invalid_request` */
export function checkSize(request: AuthorizationRequest): void {
  if (Buffer.byteLength(JSON.stringify(request)) > LIMIT_BYTES) {
    throw new OAuthError(
      "invalid_request",
      "state, redirect_uri, scope and login_hint together are too long.",
    );
  }
}
