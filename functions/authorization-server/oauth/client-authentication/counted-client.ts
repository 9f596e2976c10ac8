import { claimedClient } from "../../clients/client-id.ts";
import { OAuthError } from "../../errors.ts";

/**
 * Names the client for whose limit the gateway counted a request, form-encoded, and nobody when the gateway cannot read it. The
 * gateway sets it in `policies/fragments/token-client.xml`, whatever the client sends.
 */
export const COUNTED_CLIENT_HEADER = "x-counted-client";

/**
 * Refuses a client whose request the gateway counted for another, or for nobody. API Management's expressions and this app read
 * credentials by different code, so the gateway's word is compared with ours: a client cannot leave its limit by a spelling that
 * only one of the two can read.
 *
 * @throws OAuthError `invalid_request`, so that a client does not take its registration for ended
 */
export function requireCounted(request: Request, clientId: string): void {
  if (formDecoded(request.headers.get(COUNTED_CLIENT_HEADER) ?? "") === clientId) return;
  throw new OAuthError(
    "invalid_request",
    "The gateway cannot read which client this is. Send the form with a Content-Length, and HTTP Basic in padded base64.",
    { reason: "client_not_counted", subject: claimedClient(clientId) },
  );
}

/** @returns undefined when the text is not form-encoded */
export function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
