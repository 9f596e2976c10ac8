import type { Endpoint } from "./endpoint.ts";
import type { EntraTokenVerifier } from "./entra.ts";

/** Carries the gateway's managed identity token, so that `Authorization` stays free for the caller's own. */
export const GATEWAY_AUTHORIZATION_HEADER = "x-gateway-authorization";

/**
 * Lets only the gateway call an endpoint.
 *
 * @param verify for tokens whose audience is this app
 * @param principalId object ID of the gateway's managed identity
 * @returns the endpoint behind a check that answers 401 without a valid token, 403 for any other caller's
 */
export function onlyTheGateway(
  verify: EntraTokenVerifier,
  principalId: string,
  endpoint: Endpoint,
): Endpoint {
  return async (request, call) => {
    const refuse = (status: 401 | 403, reason: string) => {
      call.log("warn", "gateway_identity_refused", { reason });
      return Response.json({ error: status === 401 ? "invalid_token" : "access_denied" }, { status });
    };
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(
      request.headers.get(GATEWAY_AUTHORIZATION_HEADER) ?? "",
    )?.[1];
    if (!token) return refuse(401, "missing");
    let caller: unknown;
    try {
      caller = (await verify(token))["oid"];
    } catch (error) {
      return refuse(401, error instanceof Error ? error.name : "invalid");
    }
    return caller === principalId ? endpoint(request, call) : refuse(403, "another_identity");
  };
}
