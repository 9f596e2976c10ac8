import type { Endpoint } from "../../../platform/endpoint.ts";
import { audit } from "../../audit/audit.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import { errorResponseUrl } from "../authorization-response.ts";
import { readFields, uniqueParameters } from "../request-body.ts";
import { redirect } from "../responses.ts";
import { requireSameOrigin } from "../same-origin.ts";
import { allowedAlready } from "./allowed-already.ts";
import { decidedScopes, partiesOf, requestedServers } from "./authorization-request.ts";
import { noteAllowed } from "./browser-state/allowed-earlier.ts";
import { decisionCookies } from "./browser-state/remembered-decision.ts";
import { endTransaction, openTransaction } from "./browser-state/transaction.ts";
import { chosenRequest } from "./choice.ts";
import { leadApprovedToEntra } from "./lead-to-entra.ts";
import { REFUSAL_DESCRIPTIONS } from "./refusal-descriptions.ts";

/**
 * `POST /consent`: the person's decision; no operation of the store. Allow leads on to Entra, with what the person left ticked; deny
 * leads back to the client with `access_denied`, and so does allowing nothing. Each ends the page's cookie, so that a page decides once.
 */
export function consent(dependencies: Dependencies): Endpoint {
  const { gateway } = dependencies;
  return async (request, call) => {
    requireSameOrigin(request, gateway.issuer, "formFromElsewhere");
    const fields = await readFields(request);
    const form = uniqueParameters(fields, "scope");
    const transaction = form.get("transaction") ?? "";
    const authorization = await openTransaction(dependencies, request, transaction);
    if (!authorization) return allowedAlready(dependencies, request, call, transaction);
    const decision = form.get("decision");
    if (decision !== "allow" && decision !== "deny")
      throw new OAuthError("invalid_request", "The form came without a decision.");
    const servers = requestedServers(authorization, gateway.servers);
    const allowed =
      decision === "allow" ? chosenRequest(authorization, servers, fields.getAll("scope")) : undefined;
    const remember = form.get("remember") === "yes" && (decision === "deny" || allowed !== undefined);
    const cookies = [
      endTransaction(transaction),
      ...(await decisionCookies(dependencies, request, authorization, allowed ?? "deny", remember)),
    ];
    if (allowed) {
      cookies.push(await noteAllowed(dependencies, request, authorization, allowed));
      const onward = await leadApprovedToEntra(dependencies, request, allowed, { transaction, cookies });
      audit(call, "consented", { ...partiesOf(authorization), ...decidedScopes(allowed) });
      return onward;
    }
    const denied = new OAuthError("access_denied", REFUSAL_DESCRIPTIONS.declined, {
      reason: "person_denied",
    });
    audit(call, "denied", partiesOf(authorization));
    return redirect(errorResponseUrl(gateway.issuer, authorization, denied), cookies);
  };
}
