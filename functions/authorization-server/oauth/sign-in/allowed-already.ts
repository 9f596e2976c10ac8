import type { Call } from "../../../platform/endpoint.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import { noticePage } from "../../pages/notice-page.ts";
import { presentationFor } from "../../pages/presentation.ts";
import { logRefusal } from "../failures.ts";
import { partiesOf, requestedServers, signInScopeOf } from "./authorization-request.ts";
import { flowIdOf, openFlow } from "./browser-state/sign-in-flow.ts";

/**
 * Answers a consent form whose page has ended in this browser. It decides nothing. A person who pressed Allow a second time, because
 * Entra's page was slow to come, gets a link to the sign-in that the first press began, because the second press interrupted the redirect.
 *
 * @param transaction what the form carried
 * @throws OAuthError when no sign-in of that page is under way here
 * @throws KeyError or StoreError when its key cannot be had now
 */
export async function allowedAlready(
  dependencies: Dependencies,
  request: Request,
  call: Call,
  transaction: string,
): Promise<Response> {
  const { gateway, upstream, now } = dependencies;
  const id = flowIdOf(request, transaction);
  const flow = id === undefined ? undefined : await openFlow(dependencies, request, id);
  const servers = flow ? requestedServers(flow.request, gateway.servers) : [];
  if (id === undefined || !flow || servers.length === 0 || flow.expiresAt <= now()) {
    throw new OAuthError("invalid_request", "The transaction does not open in this browser, or no longer.", {
      reason: "transaction_does_not_open",
      explanation: "consentPageEnded",
    });
  }
  const { url } = await upstream.startSignIn(signInScopeOf(servers), id, flow.request.signIn, flow.entra);
  const answered = new OAuthError("invalid_request", "The page was answered before.", {
    reason: "page_answered_before",
  });
  logRefusal(call, "consent", answered, partiesOf(flow.request));
  const presentation = presentationFor(gateway, request);
  const { title, text, goOn } = presentation.language.allowedAlready;
  return noticePage({ presentation, title, text, link: { url, label: goOn }, status: answered.status });
}
