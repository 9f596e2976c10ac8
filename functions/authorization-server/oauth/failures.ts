import type { Call, Wrapper } from "../../platform/endpoint.ts";
import { describeError } from "../../platform/invocation-log.ts";
import { audit } from "../audit/audit.ts";
import type { Subject } from "../audit/events.ts";
import { OAuthError } from "../errors.ts";
import { KeyError } from "../keys/key-ring.ts";
import { refusalPage } from "../pages/error-page.ts";
import { type Presented, presentationFor } from "../pages/presentation.ts";
import { StoreError } from "../store/documents.ts";
import { UpstreamError } from "../upstream/errors.ts";
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
        retryAfter: error.retryAfter,
        cause: error,
      },
    );
  }
  return undefined;
}

/**
 * Writes why a request was refused; the answer itself stays generic.
 *
 * @param subject whom it was about, where the error does not know
 */
export function logRefusal(call: Call, endpoint: string, error: OAuthError, subject: Subject = {}): void {
  audit(
    call,
    "refused",
    { ...subject, ...error.subject, endpoint, error: error.code, reason: error.message },
    error.status >= 500 ? "error" : "info",
  );
}

/** For endpoints that programs call: errors become JSON (RFC 6749 §5.2). */
export function answeringClients(name: string): Wrapper {
  return (endpoint) => async (request, call) => {
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

/** As {@link toOAuthError}, and a fault of our own, which it logs, as `server_error`: a person gets a page whatever happened. */
export function toPageError(call: Call, cause: unknown): OAuthError {
  const error = toOAuthError(cause);
  if (error) return error;
  call.log("error", "unexpected_error", describeError(cause));
  return new OAuthError("server_error", "Something went wrong here.", {
    reason: "unexpected_error",
    explanation: "ourFault",
  });
}

/** For endpoints that a person's browser calls: errors become a page. */
export function answeringPeople(gateway: Presented, name: string): Wrapper {
  return (endpoint) => async (request, call) => {
    try {
      return await endpoint(request, call);
    } catch (cause) {
      const error = toPageError(call, cause);
      logRefusal(call, name, error);
      return refusalPage(presentationFor(gateway, request), error, call.correlationId);
    }
  };
}
