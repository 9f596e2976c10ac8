import type { Endpoint } from "../../../platform/endpoint.ts";
import { audit } from "../../audit/audit.ts";
import { OAuthError } from "../../errors.ts";
import { errorResponseUrl } from "../authorization-response.ts";
import {
  type AuthorizationRequest,
  partiesOf,
  requestedServers,
} from "../authorize/authorization-request.ts";
import type { Dependencies } from "../dependencies.ts";
import { answeringPeople } from "../failures.ts";
import { readForm } from "../request-body.ts";
import { redirect } from "../responses.ts";
import { requireSameOrigin } from "../same-origin.ts";
import { decisionCookies } from "./remembered-decision.ts";
import { flowCookies, newFlowId } from "./sign-in-flow.ts";
import { openTransaction } from "./transaction.ts";

/**
 * `POST /consent`: the person's decision; no operation of the store. Allow leads on to Entra, deny back to the client
 * with `access_denied`.
 */
export function consent(dependencies: Dependencies): Endpoint {
  const { gateway } = dependencies;
  return answeringPeople(gateway, "consent", async (request, call) => {
    requireSameOrigin(request, gateway.issuer, "formFromElsewhere");
    const form = await readForm(request);
    const authorization = await openTransaction(dependencies, request, form.get("transaction") ?? "");
    if (!authorization) {
      throw new OAuthError(
        "invalid_request",
        "The transaction does not open in this browser, or no longer.",
        { reason: "transaction_does_not_open", explanation: "consentPageEnded" },
      );
    }
    const decision = form.get("decision");
    if (decision !== "allow" && decision !== "deny")
      throw new OAuthError("invalid_request", "The form came without a decision.");
    const remember = form.get("remember") === "yes";
    const memory = await decisionCookies(dependencies, request, authorization, decision, remember);
    if (decision === "allow") {
      const onward = await leadToEntra(dependencies, request, authorization, memory);
      audit(call, "consented", partiesOf(authorization));
      return onward;
    }
    const denied = new OAuthError("access_denied", "The person did not allow it.", {
      reason: "person_denied",
    });
    audit(call, "denied", partiesOf(authorization));
    return redirect(errorResponseUrl(gateway.issuer, authorization, denied), memory);
  });
}

/**
 * Sends a person who approved to Entra, with the cookie that lets this browser come back.
 *
 * @param memory cookies that follow their decision
 */
export async function leadToEntra(
  dependencies: Dependencies,
  request: Request,
  authorization: AuthorizationRequest,
  memory: readonly string[] = [],
): Promise<Response> {
  const { gateway, upstream, now } = dependencies;
  const [first] = requestedServers(authorization, gateway.servers);
  if (!first) {
    throw new OAuthError("invalid_target", "The MCP server is no longer configured.", {
      explanation: "serverGone",
    });
  }
  const id = newFlowId(now(), request);
  const { request: entra, url } = await upstream.startSignIn(first.signInScope, id, authorization.signIn);
  const cookies = await flowCookies(dependencies, request, id, { request: authorization, entra });
  return redirect(url, [...cookies, ...memory]);
}
