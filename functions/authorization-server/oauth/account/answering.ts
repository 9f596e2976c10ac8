import type { ResolvedGateway } from "../../../../config/resolve.ts";
import type { Call, Endpoint } from "../../../platform/endpoint.ts";
import { noticePage } from "../../pages/notice-page.ts";
import { logRefusal, toOAuthError } from "../failures.ts";
import { RETRY_AFTER_SECONDS } from "../responses.ts";
import { accountUrl } from "./account-url.ts";

type Needs = Pick<ResolvedGateway, "name" | "issuer">;

/** For the endpoints of the account page: errors become a page with a way back to it. */
export function answeringOnAccount(gateway: Needs, name: string, endpoint: Endpoint): Endpoint {
  return async (request, call) => {
    try {
      return await endpoint(request, call);
    } catch (cause) {
      return accountErrorPage(gateway, name, call, cause);
    }
  };
}

/** @throws the cause itself where it is a fault of our own */
export function accountErrorPage(gateway: Needs, name: string, call: Call, cause: unknown): Response {
  const error = toOAuthError(cause);
  if (!error) throw cause;
  logRefusal(call, name, error);
  const unavailable = error.code === "temporarily_unavailable";
  const response = noticePage({
    gatewayName: gateway.name,
    title: unavailable ? "This is not available right now" : "This cannot go on",
    text: unavailable ? "Please wait a moment, then try again." : error.description,
    link: { url: accountUrl(gateway), label: "Open your connected applications" },
    status: error.status === 401 ? 400 : error.status,
    correlationId: call.correlationId,
  });
  if (unavailable) response.headers.set("retry-after", String(RETRY_AFTER_SECONDS));
  return response;
}
