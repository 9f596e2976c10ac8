import { staysOnDevice } from "../../../../config/rules/redirect-uri.ts";
import type { Call } from "../../../platform/endpoint.ts";
import type { Client } from "../../clients/client.ts";
import type { Dependencies } from "../../dependencies.ts";
import type { OAuthError } from "../../errors.ts";
import { refusalPage } from "../../pages/error-page.ts";
import { presentationFor } from "../../pages/presentation.ts";
import { type AnswerTarget, errorResponseUrl } from "../authorization-response.ts";
import { redirect } from "../responses.ts";

/**
 * Answers a request that cannot go on, whose client and redirect URI are known good: the client learns of it (RFC 6749 §4.1.2.1).
 *
 * Anybody may register a web site, or an application's scheme, and send people a link to us that fails and leads them there.
 * So such a request redirects immediately only to loopback and to clients that the operator entered. Everybody else sees what
 * went wrong, and a link that says where it leads (RFC 9700 §4.11.2).
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
  if (client.origin === "configured" || staysOnDevice(target.redirectUri)) return redirect(url);
  const { protocol, host } = new URL(target.redirectUri);
  return refusalPage(presentationFor(gateway, request), error, call.correlationId, {
    clientName: client.name,
    url,
    leadsTo: protocol === "https:" ? { host } : { scheme: protocol },
  });
}
