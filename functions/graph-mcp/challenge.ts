import type { CallerRefusal } from "./caller.ts";

/** How long a client waits before it tries again while Entra's keys cannot be had. */
const RETRY_AFTER_SECONDS = 5;

/**
 * The answer to a request without a caller: 401 or 403 with a Bearer challenge (RFC 6750 §3), which has no error
 * when no token was sent; 403 without one, where no other token of that person and client would do; or 503.
 */
export function challengeResponse(refusal: CallerRefusal): Response {
  switch (refusal.error) {
    case "no_token":
      return refuse(401, { "WWW-Authenticate": "Bearer" }, { error: refusal.error });
    case "invalid_token": {
      const challenge = `Bearer error="invalid_token", error_description="${refusal.description}"`;
      return refuse(401, { "WWW-Authenticate": challenge }, { error: refusal.error });
    }
    case "insufficient_scope": {
      const challenge = `Bearer error="insufficient_scope", scope="${refusal.scope}"`;
      return refuse(403, { "WWW-Authenticate": challenge }, { error: refusal.error });
    }
    case "another_client":
    case "not_assigned":
      return refuse(403, {}, { error: "access_denied" });
    case "unavailable":
      return refuse(
        503,
        { "Retry-After": String(RETRY_AFTER_SECONDS) },
        { error: "temporarily_unavailable" },
      );
  }
}

function refuse(status: number, headers: Record<string, string>, body: { error: string }): Response {
  return Response.json(body, { status, headers: { ...headers, "Cache-Control": "no-store" } });
}
