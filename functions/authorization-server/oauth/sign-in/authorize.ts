import type { ResolvedServer } from "../../../../config/resolve.ts";
import type { Call, Endpoint } from "../../../platform/endpoint.ts";
import { audit } from "../../audit/audit.ts";
import type { Client } from "../../clients/client.ts";
import type { Dependencies } from "../../dependencies.ts";
import { OAuthError } from "../../errors.ts";
import { consentPage } from "../../pages/consent-page.ts";
import { deniedEarlierPage } from "../../pages/denied-earlier-page.ts";
import { presentationFor } from "../../pages/presentation.ts";
import { errorResponseUrl } from "../authorization-response.ts";
import { logRefusal, toOAuthError } from "../failures.ts";
import { type AuthorizationRequest, partiesOf, requestedServers } from "./authorization-request.ts";
import { allowedEarlier } from "./browser-state/allowed-earlier.ts";
import {
  cameByThemselves,
  memoryFor,
  type Remembered,
  rememberedDecision,
} from "./browser-state/remembered-decision.ts";
import { startTransaction } from "./browser-state/transaction.ts";
import { checkSize } from "./checks/check-size.ts";
import { checkParameters, checkRecipient } from "./checks/checks.ts";
import { choicesOf } from "./choice.ts";
import { leadApprovedToEntra } from "./lead-to-entra.ts";
import { REFUSAL_DESCRIPTIONS } from "./refusal-descriptions.ts";
import { refuse } from "./refused-request.ts";

/**
 * `GET /authorize` (RFC 6749 §4.1.1): one point read, no write. Shows the consent page; nothing goes to Entra before the
 * person has approved, now or as this browser remembers. Until client and redirect URI are known good, errors are a page;
 * from then on, the client hears of them.
 */
export function authorize(dependencies: Dependencies): Endpoint {
  const { gateway, clients } = dependencies;
  return async (request, call) => {
    const { search, searchParams } = new URL(request.url);
    const { client, redirectUri } = await checkRecipient(searchParams, clients, gateway);
    const target: Target = {
      redirectUri,
      boundRedirectUri: searchParams.get("redirect_uri") || undefined,
      state: parameterAsWritten(search, "state"),
    };
    try {
      const { authorization, servers } = authorizationRequest(gateway, searchParams, client, target);
      const decided = await rememberedDecision(dependencies, request, authorization);
      if (decided !== undefined) return await goOn(dependencies, request, call, authorization, decided);
      const { transaction, cookies } = await startTransaction(dependencies, request, authorization);
      audit(call, "consent_asked", partiesOf(authorization));
      return consentPage({
        presentation: presentationFor(gateway, request),
        client,
        servers,
        resourceLeftOut: authorization.resourceLeftOut,
        scopes: authorization.scopes,
        choices: choicesOf(authorization, servers),
        allowedEarlier: await allowedEarlier(dependencies, request, authorization),
        lifetimes: gateway.lifetimes,
        redirectUri,
        memory: cameByThemselves(request) ? memoryFor(gateway, authorization) : {},
        transaction,
        cookies,
      });
    } catch (cause) {
      const error = toOAuthError(cause);
      if (!error) throw cause;
      logRefusal(call, "authorize", error, { client: client.id });
      return refuse(dependencies, request, call, client, target, error);
    }
  };
}

/**
 * Continues with the decision that this browser remembers.
 *
 * @param decided a denial, or the request as the person allowed it. A denial is shown to the person, who may have changed their mind.
 */
function goOn(
  dependencies: Dependencies,
  request: Request,
  call: Call,
  authorization: AuthorizationRequest,
  decided: Remembered,
): Promise<Response> | Response {
  const { gateway } = dependencies;
  audit(call, "decision_remembered", {
    ...partiesOf(authorization),
    decision: decided === "deny" ? "deny" : "allow",
  });
  if (decided !== "deny") return leadApprovedToEntra(dependencies, request, decided);
  const denied = new OAuthError("access_denied", REFUSAL_DESCRIPTIONS.declined, {
    reason: "person_denied_earlier",
  });
  logRefusal(call, "authorize", denied, partiesOf(authorization));
  const { pathname, search } = new URL(request.url);
  return deniedEarlierPage({
    presentation: presentationFor(gateway, request),
    clientName: authorization.client.name,
    servers: requestedServers(authorization, gateway.servers),
    wayBack: errorResponseUrl(gateway.issuer, authorization, denied),
    askAgain: `${pathname}${search}&prompt=consent`,
    correlationId: call.correlationId,
  });
}

type Target = Pick<AuthorizationRequest, "redirectUri" | "boundRedirectUri" | "state">;

/** @throws OAuthError, of which the client hears */
function authorizationRequest(
  gateway: Dependencies["gateway"],
  search: URLSearchParams,
  { id, name, grantTypes, useIsWorthNoting, owesClaims }: Client,
  target: Target,
): { authorization: AuthorizationRequest; servers: readonly ResolvedServer[] } {
  const { challenge, scopes, resource, prompt, maxAge, loginHint } = checkParameters(search, gateway);
  const { servers, resourceLeftOut } = resource;
  const signIn = { prompt, maxAge, loginHint };
  const authorization = {
    client: { id, name, grantTypes, useIsWorthNoting, ...(owesClaims && { owesClaims }) },
    ...target,
    challenge,
    servers: servers.map((server) => server.name),
    ...(resourceLeftOut && { resourceLeftOut }),
    scopes,
    ...(Object.values(signIn).some((wish) => wish !== undefined) && { signIn }),
  };
  checkSize(authorization);
  return { authorization, servers };
}

/** @returns the parameter's text, still percent-encoded; undefined when it is missing, empty or repeated */
function parameterAsWritten(search: string, name: string): string | undefined {
  const [only, ...more] = search
    .slice(1)
    .split("&")
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return more.length === 0 && only ? only : undefined;
}
