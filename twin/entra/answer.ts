import { randomUUID } from "node:crypto";
import { type EntraError, errorReport } from "./aadsts.ts";
import type { Received, Reply } from "./loopback-server.ts";
import { answerPage } from "./pages.ts";
import { logRefusal } from "./refusals.ts";
import type { Tenant } from "./tenant.ts";

/** Where the answer to an authorization request goes, and how. */
export interface AnswerTarget {
  readonly redirectUri: string;
  readonly state?: string | undefined;
  /** OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode. */
  readonly responseMode: ResponseMode;
}

export type ResponseMode = "query" | "form_post";

/** Sends the browser back to the client with an authorization code. */
export function answerWithCode(target: AnswerTarget, code: string): Reply {
  return answer(target, { code, state: target.state, session_state: randomUUID() });
}

/** Sends the browser back to the client with an error. */
export function answerWithRefusal(
  tenant: Tenant,
  target: AnswerTarget,
  refusal: EntraError,
  request: Received,
): Reply {
  logRefusal(tenant, request, refusal);
  const report = errorReport(refusal, request.url.searchParams.get("client-request-id") ?? undefined);
  return answer(target, {
    error: report.error,
    error_subcode: refusal.suberror,
    error_description: report.error_description,
    error_uri: report.error_uri,
    state: target.state,
  });
}

function answer(
  { redirectUri, responseMode }: AnswerTarget,
  parameters: Readonly<Record<string, string | undefined>>,
): Reply {
  const given = Object.entries(parameters).filter((each): each is [string, string] => each[1] !== undefined);
  if (responseMode === "form_post") return answerPage(redirectUri, given);
  const location = new URL(redirectUri);
  for (const [name, value] of given) location.searchParams.set(name, value);
  return {
    status: 302,
    headers: { location: location.href, "cache-control": "no-store", "referrer-policy": "no-referrer" },
    body: "",
  };
}
