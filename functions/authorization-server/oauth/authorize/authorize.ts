import type { ResolvedServer } from "../../../../config/resolve.ts";
import type { Endpoint } from "../../../platform/endpoint.ts";
import type { Client } from "../../clients/client.ts";
import { OAuthError } from "../../errors.ts";
import { consentPage } from "../../pages/consent-page.ts";
import { errorResponseUrl } from "../authorization-response.ts";
import { startTransaction } from "../consent/transaction.ts";
import type { Dependencies } from "../dependencies.ts";
import { answeringPeople, logRefusal, toOAuthError } from "../failures.ts";
import { uniqueParameters } from "../request-body.ts";
import { serverForResource } from "../resource-indicator.ts";
import { redirect } from "../responses.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";
import { checkClient } from "./check-client.ts";
import { checkPkce } from "./check-pkce.ts";
import { checkPrompt } from "./check-prompt.ts";
import { checkRedirectUri } from "./check-redirect-uri.ts";
import { checkResponseType } from "./check-response-type.ts";
import { checkScope } from "./check-scope.ts";
import { checkSize } from "./check-size.ts";

/**
 * `GET /authorize` (RFC 6749 §4.1.1): one point read, no write. Shows the consent page; nothing goes to Entra
 * before the person has approved. Until client and redirect URI are known good, errors are a page; from then on, they
 * go to the client.
 */
export function authorize(dependencies: Dependencies): Endpoint {
  const { gateway, clients } = dependencies;
  return answeringPeople(gateway.name, "authorize", async (request, call) => {
    const { search, searchParams } = new URL(request.url);
    const client = await checkClient(searchParams, clients);
    const redirectUri = checkRedirectUri(searchParams, client);
    const target = { redirectUri, state: parameterAsWritten(search, "state") };
    try {
      const { authorization, server } = checkRest(gateway.servers, searchParams, client, target);
      const { transaction, cookies } = await startTransaction(dependencies, request, authorization);
      call.log("info", "consent_asked", { client: client.id, server: server.name });
      return consentPage({
        gatewayName: gateway.name,
        client,
        server,
        scopes: authorization.scopes,
        redirectUri,
        transaction,
        cookies,
      });
    } catch (cause) {
      const error = toOAuthError(cause);
      if (!error) throw cause;
      logRefusal(call, "authorize", error);
      return redirect(errorResponseUrl(gateway.issuer, target, error));
    }
  });
}

/** The checks whose failure the client hears of, in order. */
function checkRest(
  servers: readonly ResolvedServer[],
  search: URLSearchParams,
  client: Client,
  target: { redirectUri: string; state: string | undefined },
): { authorization: AuthorizationRequest; server: ResolvedServer } {
  const parameters = uniqueParameters(search);
  checkResponseType(parameters);
  const challenge = checkPkce(parameters);
  checkPrompt(parameters);
  const server = serverForResource(parameters, servers) ?? servers[0];
  if (!server) throw new OAuthError("invalid_target", "No MCP server is configured.");
  const { id, name, grantTypes, useIsWorthNoting } = client;
  const authorization = {
    client: { id, name, grantTypes, useIsWorthNoting },
    ...target,
    challenge,
    server: server.name,
    scopes: checkScope(parameters, server),
  };
  checkSize(authorization);
  return { authorization, server };
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
