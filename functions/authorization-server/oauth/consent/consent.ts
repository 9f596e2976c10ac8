import type { Call, Endpoint } from "../../../platform/endpoint.ts";
import { OAuthError } from "../../errors.ts";
import { errorResponseUrl } from "../authorization-response.ts";
import { type AuthorizationRequest, requestedServers } from "../authorize/authorization-request.ts";
import type { Dependencies } from "../dependencies.ts";
import { answeringPeople, logRefusal } from "../failures.ts";
import { readForm } from "../request-body.ts";
import { redirect } from "../responses.ts";
import { flowCookies, newFlowId } from "./sign-in-flow.ts";
import { openTransaction } from "./transaction.ts";

/**
 * `POST /consent`: the person's decision; no operation of the store. Allow leads on to Entra, deny back to the client
 * with `access_denied`.
 */
export function consent(dependencies: Dependencies): Endpoint {
  const { gateway } = dependencies;
  return answeringPeople(gateway, "consent", async (request, call) => {
    requireSameOrigin(request, gateway.issuer);
    const form = await readForm(request);
    const authorization = await openTransaction(dependencies, request, form.get("transaction") ?? "");
    if (!authorization) {
      throw new OAuthError(
        "invalid_request",
        "The transaction does not open in this browser, or no longer.",
        { reason: "transaction_does_not_open", explanation: "consentPageEnded" },
      );
    }
    if (form.get("decision") === "allow") return allow(dependencies, request, call, authorization);
    if (form.get("decision") !== "deny")
      throw new OAuthError("invalid_request", "The form came without a decision.");
    const denied = new OAuthError("access_denied", "The person did not allow it.", {
      reason: "person_denied",
    });
    logRefusal(call, "consent", denied);
    return redirect(errorResponseUrl(gateway.issuer, authorization, denied));
  });
}

async function allow(
  dependencies: Dependencies,
  request: Request,
  call: Call,
  authorization: AuthorizationRequest,
): Promise<Response> {
  const { gateway, upstream, now } = dependencies;
  const [first] = requestedServers(authorization, gateway.servers);
  if (!first) {
    throw new OAuthError("invalid_target", "The MCP server is no longer configured.", {
      explanation: "serverGone",
    });
  }
  const id = newFlowId(now());
  const { request: entra, url } = await upstream.startSignIn(first.signInScope, id, authorization.signIn);
  const cookies = await flowCookies(dependencies, request, id, { request: authorization, entra });
  call.log("info", "consented", {
    client: authorization.client.id,
    servers: authorization.servers.join(" "),
  });
  return redirect(url, cookies);
}

/** Browsers say where a form comes from; one that does not say is refused (RFC 9700 §4.7). */
function requireSameOrigin(request: Request, origin: string): void {
  if (request.headers.get("origin") === origin && request.headers.get("sec-fetch-site") === "same-origin")
    return;
  throw new OAuthError("invalid_request", "The form does not come from the consent page.", {
    reason: "cross_site_form",
    status: 403,
    explanation: "formFromElsewhere",
  });
}
