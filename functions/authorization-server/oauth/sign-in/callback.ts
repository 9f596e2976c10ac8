import type { Call, Endpoint } from "../../../platform/endpoint.ts";
import { audit } from "../../audit/audit.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import { errorPage } from "../../pages/error-page.ts";
import { presentationFor } from "../../pages/presentation.ts";
import { beginSession } from "../../sessions/begin.ts";
import { accessRefusal } from "../../sessions/may-use.ts";
import { userKey } from "../../sessions/user-key.ts";
import { SignInTooOldError, TenantRefusedError, UpstreamError } from "../../upstream/errors.ts";
import type { EntraSignIn, EntraUser, Upstream } from "../../upstream/upstream.ts";
import { codeResponseUrl, errorResponseUrl } from "../authorization-response.ts";
import { logRefusal, toOAuthError } from "../failures.ts";
import { noteUse } from "../note-use.ts";
import { uniqueParameters } from "../request-body.ts";
import { redirect } from "../responses.ts";
import {
  type AuthorizationRequest,
  decidedScopes,
  partiesOf,
  requestedServers,
} from "./authorization-request.ts";
import { answerLost, openAnswer } from "./browser-state/answer-cookies.ts";
import { endFlow, openFlow, type SignInFlow } from "./browser-state/sign-in-flow.ts";
import type { EntraAnswer } from "./entra-answer.ts";
import { entraErrorToOAuth, redemptionErrorToOAuth } from "./entra-errors.ts";
import { leadToEntra } from "./lead-to-entra.ts";
import { foreignTenant, noAccess, type Refusal } from "./refused-person.ts";

/**
 * `GET /callback?state=…`: a person comes back from Entra, whose answer `POST /callback` put into their browser. One write begins the
 * session; the client gets its code. Only the browser that approved can come back: without its cookie the answer is a page, and nothing
 * is stored.
 */
export function callback(dependencies: Dependencies): Endpoint {
  const { gateway } = dependencies;
  return async (request, call) => {
    const id = uniqueParameters(new URL(request.url).searchParams).get("state") ?? "";
    const flow = await openFlow(dependencies, request, id);
    if (!flow) {
      throw new OAuthError("invalid_request", "This browser has no sign-in of that state.", {
        reason: "no_flow_in_this_browser",
        explanation: "signInNotHere",
      });
    }
    try {
      const answer = await openAnswer(dependencies, request, id);
      return await finish(dependencies, request, call, answer, flow, endFlow(id));
    } catch (cause) {
      const error = signInError(cause);
      if (!error) throw cause;
      logRefusal(call, "callback", error, partiesOf(flow.request));
      return redirect(errorResponseUrl(gateway.issuer, flow.request, error), [endFlow(id)]);
    }
  };
}

async function finish(
  dependencies: Dependencies,
  received: Request,
  call: Call,
  answer: EntraAnswer | undefined,
  flow: SignInFlow,
  endOfFlow: string,
): Promise<Response> {
  const { gateway, sessions, upstream, now } = dependencies;
  const { request, expiresAt } = flow;
  if (expiresAt <= now()) {
    throw new OAuthError("access_denied", "The sign-in took too long.", { reason: "flow_expired" });
  }
  if (!answer) {
    if (flow.lost) throw answerLost();
    return askAgain(dependencies, received, call, flow, { lost: true }, endOfFlow);
  }
  if (answer.code === undefined) throw entraErrorToOAuth(answer);
  const servers = requestedServers(request, gateway.servers);
  if (servers.length === 0) throw new OAuthError("server_error", "The MCP server is no longer configured.");
  const scopes = servers.flatMap(({ entraScope }) => entraScope ?? []);
  const redeemed = await redeem(upstream, answer.code, scopes, flow);
  if ("wish" in redeemed) return askAgain(dependencies, received, call, flow, redeemed.wish, endOfFlow);
  if ("stranger" in redeemed) {
    return refusePage(dependencies, received, call, request, foreignTenant(redeemed.stranger), endOfFlow);
  }
  const { user, memberships, own, tokens } = redeemed;
  for (const server of servers) {
    const why = accessRefusal(
      server.entraScope === undefined ? own : memberships.get(server.entraScope),
      server,
    );
    if (why) return refusePage(dependencies, received, call, request, noAccess(server, why, user), endOfFlow);
  }
  const owed = flow.again ? undefined : await owedClaims(dependencies, request, user);
  if (owed !== undefined) return askAgain(dependencies, received, call, flow, { claims: owed }, endOfFlow);
  const session = await beginSession(sessions, request, user, tokens);
  await noteUse(dependencies, call, request.client);
  audit(call, "signed_in", {
    ...partiesOf(request),
    ...decidedScopes(request),
    session: session.session,
    user: user.objectId,
    tenant: user.tenantId,
  });
  return redirect(codeResponseUrl(gateway.issuer, request, session.code), [endOfFlow]);
}

/** Why Entra is asked again: for claims, for a new sign-in, or because its answer was lost in the browser. */
type Wish = { readonly claims: string } | { readonly anew: true } | { readonly lost: true };

/**
 * Redeems Entra's code.
 *
 * @returns the sign-in; or `wish`, what Entra has to be asked again (claims that its policy wants, or a new sign-in), unless it was
 *   asked that already; or `stranger`, the person's tenant, if it is not on the list
 * @throws UpstreamError
 */
async function redeem(
  upstream: Upstream,
  code: string,
  scopes: readonly string[],
  { entra, again, anew }: SignInFlow,
): Promise<EntraSignIn | { readonly wish: Wish } | { readonly stranger: string }> {
  try {
    return await upstream.finishSignIn(code, scopes, entra);
  } catch (error) {
    if (error instanceof TenantRefusedError) return { stranger: error.tenantId };
    if (!anew && error instanceof SignInTooOldError) return { wish: { anew: true } };
    if (!again && error instanceof UpstreamError && error.claims) return { wish: { claims: error.claims } };
    throw error;
  }
}

/**
 * @returns what the backends of this sign-in's servers want of this very person, since they refused the token of an earlier sign-in
 *   with the client
 */
async function owedClaims(
  { gateway, clients }: Dependencies,
  { client, servers }: AuthorizationRequest,
  { tenantId, objectId }: EntraUser,
): Promise<string | undefined> {
  if (!client.owesClaims) return undefined;
  return clients.owedClaims(client.id, userKey(gateway.issuer, tenantId, objectId), servers);
}

/** Sends the person to Entra again. They picked their account a moment ago, and pick it again only for a new sign-in. */
async function askAgain(
  dependencies: Dependencies,
  received: Request,
  call: Call,
  { request, again, anew, lost }: SignInFlow,
  wish: Wish,
  endOfFlow: string,
): Promise<Response> {
  const servers = requestedServers(request, dependencies.gateway.servers);
  if (servers.length === 0) throw new OAuthError("server_error", "The MCP server is no longer configured.");
  const flow = {
    request,
    ...((again || "claims" in wish) && { again: true as const }),
    ...((anew || "anew" in wish) && { anew: true as const }),
    ...((lost || "lost" in wish) && { lost: true as const }),
  };
  const wishes = {
    ...request.signIn,
    prompt: "anew" in wish ? ("login" as const) : undefined,
    ...("claims" in wish && { claims: wish.claims }),
  };
  const response = await leadToEntra(dependencies, received, servers, flow, { wishes, cookies: [endOfFlow] });
  audit(call, "sign_in_asked_again", {
    ...partiesOf(request),
    because: "claims" in wish ? "claims" : "anew" in wish ? "sign_in_too_old" : "answer_lost",
  });
  return response;
}

/** The person learns what to ask for, and the client, one click later, that it was refused. */
function refusePage(
  { gateway }: Dependencies,
  received: Request,
  call: Call,
  request: AuthorizationRequest,
  refusal: Refusal,
  endOfFlow: string,
): Response {
  const error = new OAuthError("access_denied", refusal.description, { reason: refusal.reason });
  const { user, tenant } = refusal;
  logRefusal(call, "callback", error, {
    ...partiesOf(request),
    ...(user !== undefined && { user }),
    ...(tenant !== undefined && { tenant }),
  });
  const presentation = presentationFor(gateway, received);
  return errorPage({
    presentation,
    ...refusal.page(presentation),
    status: 403,
    correlationId: call.correlationId,
    wayBack: { clientName: request.client.name, url: errorResponseUrl(gateway.issuer, request, error) },
    cookies: [endOfFlow],
  });
}

function signInError(cause: unknown): OAuthError | undefined {
  if (cause instanceof SignInTooOldError) {
    return new OAuthError("login_required", "The person did not sign in anew.", { reason: cause.message });
  }
  return (cause instanceof UpstreamError && redemptionErrorToOAuth(cause)) || toOAuthError(cause);
}
