import type { Endpoint } from "../../../platform/endpoint.ts";
import { audit } from "../../audit/audit.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import { errorResponseUrl } from "../authorization-response.ts";
import { readForm } from "../request-body.ts";
import { redirect } from "../responses.ts";
import { requireSameOrigin } from "../same-origin.ts";
import { allowedAlready } from "./allowed-already.ts";
import { type AuthorizationRequest, partiesOf, requestedServers } from "./authorization-request.ts";
import { decisionCookies } from "./browser-state/remembered-decision.ts";
import { flowCookies } from "./browser-state/sign-in-flow.ts";
import { newSignInId } from "./browser-state/sign-in-id.ts";
import { endTransaction, openTransaction } from "./browser-state/transaction.ts";

/**
 * `POST /consent`: the person's decision; no operation of the store. Allow leads on to Entra, deny back to the client
 * with `access_denied`. Either ends the page's cookie, so that a page decides once.
 */
export function consent(dependencies: Dependencies): Endpoint {
  const { gateway } = dependencies;
  return async (request, call) => {
    requireSameOrigin(request, gateway.issuer, "formFromElsewhere");
    const form = await readForm(request);
    const transaction = form.get("transaction") ?? "";
    const authorization = await openTransaction(dependencies, request, transaction);
    if (!authorization) return allowedAlready(dependencies, request, call, transaction);
    const decision = form.get("decision");
    if (decision !== "allow" && decision !== "deny")
      throw new OAuthError("invalid_request", "The form came without a decision.");
    const remember = form.get("remember") === "yes";
    const cookies = [
      endTransaction(transaction),
      ...(await decisionCookies(dependencies, request, authorization, decision, remember)),
    ];
    if (decision === "allow") {
      const onward = await leadToEntra(dependencies, request, authorization, { transaction, cookies });
      audit(call, "consented", partiesOf(authorization));
      return onward;
    }
    const denied = new OAuthError("access_denied", "The person did not allow it.", {
      reason: "person_denied",
    });
    audit(call, "denied", partiesOf(authorization));
    return redirect(errorResponseUrl(gateway.issuer, authorization, denied), cookies);
  };
}

/**
 * Sends a person who approved to Entra, with the cookie that lets this browser come back.
 *
 * @param decided what the form carried with which they approved, and the cookies that follow their decision; left out where this
 *   browser remembers it
 */
export async function leadToEntra(
  dependencies: Dependencies,
  request: Request,
  authorization: AuthorizationRequest,
  decided?: { readonly transaction: string; readonly cookies: readonly string[] },
): Promise<Response> {
  const { gateway, upstream, now } = dependencies;
  const [first] = requestedServers(authorization, gateway.servers);
  if (!first) {
    throw new OAuthError("invalid_target", "The MCP server is no longer configured.", {
      explanation: "serverGone",
    });
  }
  const id = newSignInId(now(), request, decided?.transaction);
  const { request: entra, url } = await upstream.startSignIn(first.signInScope, id, authorization.signIn);
  const cookies = await flowCookies(dependencies, request, id, { request: authorization, entra });
  return redirect(url, [...cookies, ...(decided?.cookies ?? [])]);
}
