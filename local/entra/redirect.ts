import { randomUUID } from "node:crypto";
import { type EntraError, errorReport } from "./aadsts.ts";
import type { Received, Reply } from "./loopback-server.ts";
import { logRefusal } from "./refusals.ts";
import type { Tenant } from "./tenant.ts";

/** Sends the browser back to the client with an authorization code. */
export function redirectCode(redirectUri: string, state: string | undefined, code: string): Reply {
  return redirect(redirectUri, { code, state, session_state: randomUUID() });
}

/** Sends the browser back to the client with an error. */
export function redirectRefusal(
  tenant: Tenant,
  redirectUri: string,
  state: string | undefined,
  refusal: EntraError,
  request: Received,
): Reply {
  logRefusal(tenant, request, refusal);
  const report = errorReport(refusal, request.url.searchParams.get("client-request-id") ?? undefined);
  return redirect(redirectUri, {
    error: report.error,
    error_subcode: refusal.suberror,
    error_description: report.error_description,
    error_uri: report.error_uri,
    state,
  });
}

function redirect(redirectUri: string, parameters: Readonly<Record<string, string | undefined>>): Reply {
  const location = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) location.searchParams.set(name, value);
  }
  return {
    status: 302,
    headers: { location: location.href, "cache-control": "no-store", "referrer-policy": "no-referrer" },
    body: "",
  };
}
