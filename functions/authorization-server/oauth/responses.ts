import type { OAuthError } from "../errors.ts";

const NO_STORE = { "cache-control": "no-store", pragma: "no-cache" } as const;

/**
 * Tells the gateway which session to refuse from now on. The policies of `/token`, `/revoke` and the MCP servers
 * take it off the answer; without it the session would go on for as long as the gateway keeps its Entra tokens.
 */
export const ENDED_SESSION_HEADER = "x-gateway-ended-session";

/** A JSON answer that no cache keeps (RFC 6749 §5.1). */
export function json(
  value: unknown,
  init: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return Response.json(value, { status: init.status ?? 200, headers: { ...NO_STORE, ...init.headers } });
}

/** A public document that caches may keep for a while. @param maxAge seconds */
export function publicDocument(value: unknown, maxAge: number): Response {
  return Response.json(value, {
    headers: { "cache-control": `public, max-age=${maxAge}`, "x-content-type-options": "nosniff" },
  });
}

/**
 * Tells the gateway whose sessions to ask about again, since some of them ended: the person's key. One header can name any
 * number of sessions so. The policy of `/account/revoke` takes it off the answer.
 */
export const ENDED_SESSIONS_OF_HEADER = "x-gateway-ended-sessions-of";

/** The error as RFC 6749 §5.2 has it. */
export function errorResponse(error: OAuthError): Response {
  const headers: Record<string, string> = {};
  if (error.challenge !== undefined) headers["www-authenticate"] = error.challenge;
  if (error.retryAfter !== undefined) headers["retry-after"] = String(error.retryAfter);
  if (error.endedSession !== undefined) headers[ENDED_SESSION_HEADER] = error.endedSession;
  return json({ error: error.code, error_description: error.description }, { status: error.status, headers });
}

/** 303, so that a browser follows a form's answer with GET; never cached. */
export function redirect(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ ...NO_STORE, location, "referrer-policy": "no-referrer" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}
