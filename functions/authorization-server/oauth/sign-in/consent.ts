import type { Endpoint } from "../../../platform/endpoint.ts";
import { audit } from "../../audit/audit.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import { errorResponseUrl } from "../authorization-response.ts";
import { readForm } from "../request-body.ts";
import { redirect } from "../responses.ts";
import { requireSameOrigin } from "../same-origin.ts";
import { allowedAlready } from "./allowed-already.ts";
import { partiesOf } from "./authorization-request.ts";
import { decisionCookies } from "./browser-state/remembered-decision.ts";
import { endTransaction, openTransaction } from "./browser-state/transaction.ts";
import { leadApprovedToEntra } from "./lead-to-entra.ts";
import { REFUSAL_DESCRIPTIONS } from "./refusal-descriptions.ts";

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
      const onward = await leadApprovedToEntra(dependencies, request, authorization, {
        transaction,
        cookies,
      });
      audit(call, "consented", partiesOf(authorization));
      return onward;
    }
    const denied = new OAuthError("access_denied", REFUSAL_DESCRIPTIONS.declined, {
      reason: "person_denied",
    });
    audit(call, "denied", partiesOf(authorization));
    return redirect(errorResponseUrl(gateway.issuer, authorization, denied), cookies);
  };
}
