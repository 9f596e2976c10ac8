import type { Call, Endpoint } from "../../platform/endpoint.ts";
import { OAuthError } from "../errors.ts";
import { KeyError } from "../keys/key-ring.ts";
import { refusalPage } from "../pages/error-page.ts";
import { type Presented, presentationFor } from "../pages/presentation.ts";
import { StoreError } from "../store/store.ts";
import { UpstreamError } from "../upstream/entra.ts";
import { errorResponse } from "./responses.ts";

/**
 * @returns the OAuth error that says what happened; undefined for a fault of our own
 */
export function toOAuthError(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) return error;
  if (error instanceof StoreError || error instanceof KeyError || error instanceof UpstreamError) {
    return new OAuthError(
      "temporarily_unavailable",
      "The service is temporarily unavailable. Try again shortly.",
      {
        reason: error.message,
        cause: error,
      },
    );
  }
  return undefined;
}

/** Writes why a request was refused; the answer itself stays generic. */
export function logRefusal(call: Call, endpoint: string, error: OAuthError): void {
  call.log(error.status >= 500 ? "error" : "info", "refused", {
    endpoint,
    error: error.code,
    reason: error.message,
    session: error.endedSession,
  });
}

/** For endpoints that programs call: errors become JSON (RFC 6749 §5.2). */
export function answeringClients(name: string, endpoint: Endpoint): Endpoint {
  return async (request, call) => {
    try {
      return await endpoint(request, call);
    } catch (cause) {
      const error = toOAuthError(cause);
      if (!error) throw cause;
      logRefusal(call, name, error);
      return errorResponse(error);
    }
  };
}

/** For endpoints that a person's browser calls: errors become a page. */
export function answeringPeople(gateway: Presented, name: string, endpoint: Endpoint): Endpoint {
  return async (request, call) => {
    try {
      return await endpoint(request, call);
    } catch (cause) {
      const error = toOAuthError(cause);
      if (!error) throw cause;
      logRefusal(call, name, error);
      return refusalPage(presentationFor(gateway, request), error, call.correlationId);
    }
  };
}
