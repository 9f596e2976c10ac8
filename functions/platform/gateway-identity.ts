import type { Wrapper } from "./endpoint.ts";
import type { EntraTokenVerifier } from "./entra.ts";
import { isTokenFault } from "./token-fault.ts";

/** Carries the gateway's managed identity token, so that `Authorization` stays free for the caller's own. */
const GATEWAY_AUTHORIZATION_HEADER = "x-gateway-authorization";

/** Seconds after which the gateway may ask again when the issuer's keys cannot be had. */
const RETRY_AFTER_SECONDS = 5;

const ERRORS = { 401: "invalid_token", 403: "access_denied", 503: "temporarily_unavailable" } as const;

/**
 * Lets only the gateway call an endpoint.
 *
 * @param verify for tokens whose audience is this app
 * @param principalId object ID of the gateway's managed identity
 * @returns a check that answers 401 without a valid token, 403 for any other caller's, 503 when the
 *   issuer's keys cannot be had
 */
export function onlyTheGateway(verify: EntraTokenVerifier, principalId: string): Wrapper {
  return (endpoint) => async (request, call) => {
    const refuse = (status: keyof typeof ERRORS, reason: string) => {
      call.log(status === 503 ? "error" : "warn", "gateway_identity_refused", { reason });
      const later = status === 503 ? { "retry-after": String(RETRY_AFTER_SECONDS) } : {};
      return Response.json(
        { error: ERRORS[status] },
        { status, headers: { "cache-control": "no-store", ...later } },
      );
    };
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(
      request.headers.get(GATEWAY_AUTHORIZATION_HEADER) ?? "",
    )?.[1];
    if (!token) return refuse(401, "missing");
    let caller: unknown;
    try {
      caller = (await verify(token))["oid"];
    } catch (error) {
      return isTokenFault(error) ? refuse(401, error.code) : refuse(503, "keys_unavailable");
    }
    return caller === principalId ? endpoint(request, call) : refuse(403, "another_identity");
  };
}
