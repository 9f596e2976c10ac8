import type { Call } from "../../../platform/endpoint.ts";
import type { Client } from "../../clients/client.ts";
import { isProvenByHost } from "../../clients/redirect-uri.ts";
import type { OAuthError } from "../../errors.ts";
import { refusalPage } from "../../pages/error-page.ts";
import { presentationFor } from "../../pages/presentation.ts";
import { type AnswerTarget, errorResponseUrl } from "../authorization-response.ts";
import type { Dependencies } from "../dependencies.ts";
import { redirect } from "../responses.ts";

/**
 * Answers a request that cannot go on, whose client and redirect URI are known good: the client hears of it (RFC 6749 §4.1.2.1).
 *
 * Anybody may register a web site as a client, and send people a link to us that fails and would lead them there. So nobody
 * is led at once to a site that the operator did not enter: they see where it is, and what went wrong (RFC 9700 §4.11.2).
 */
export function refuse(
  { gateway }: Pick<Dependencies, "gateway">,
  request: Request,
  call: Call,
  client: Client,
  target: AnswerTarget,
  error: OAuthError,
): Response {
  const url = errorResponseUrl(gateway.issuer, target, error);
  if (client.origin === "configured" || !isProvenByHost(target.redirectUri)) return redirect(url);
  return refusalPage(presentationFor(gateway, request), error, call.correlationId, {
    clientName: client.name,
    url,
    host: new URL(target.redirectUri).host,
  });
}
