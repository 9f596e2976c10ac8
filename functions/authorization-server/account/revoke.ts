import type { Call, Endpoint } from "../../platform/endpoint.ts";
import { audit } from "../audit/audit.ts";
import type { Dependencies } from "../dependencies.ts";
import { OAuthError } from "../errors.ts";
import { type Parameters, readForm } from "../oauth/request-body.ts";
import { ENDED_SESSIONS_OF_HEADER, redirect } from "../oauth/responses.ts";
import { requireSameOrigin } from "../oauth/same-origin.ts";
import { forgetAllowed } from "../oauth/sign-in/browser-state/allowed-earlier.ts";
import { forgetDecisions } from "../oauth/sign-in/browser-state/remembered-decision.ts";
import type { Outcome } from "../pages/account-page.ts";
import { type ChosenSessions, revokeSessionsOf } from "../sessions/revoke-sessions-of.ts";
import type { SessionDocument } from "../sessions/session-document.ts";
import { subjectOf } from "../sessions/subject.ts";
import { userKey } from "../sessions/user-key.ts";
import { withdrawScope } from "../sessions/withdraw-scope.ts";
import { accountUrl } from "./account-url.ts";
import { accountErrorPage } from "./answering.ts";
import { hasFormToken, readSignedIn, type SignedIn, signedInCookie } from "./signed-in.ts";
import { type Whose, whose } from "./whose.ts";

const SESSION = /^[\w-]{22}$/;

/**
 * `POST /account/revoke`: ends one session, all of one client, or all, or takes an optional scope out of one session; of the person's
 * own or, for an operator, another's. The gateway hears of it, so that access tokens of those sessions stop as they do after `/revoke`,
 * and calls that need the scope are refused.
 */
export function accountRevoke(dependencies: Dependencies): Endpoint {
  const { gateway } = dependencies;
  return async (request, call) => {
    requireSameOrigin(request, gateway.issuer, "accountFormRefused");
    const form = await readForm(request);
    const signedIn = await readSignedIn(dependencies, request);
    if (!signedIn || !hasFormToken(signedIn, form.get("form_token"))) {
      throw new OAuthError("invalid_request", "The form is not of this sign-in.", {
        reason: signedIn ? "form_of_another_sign_in" : "not_signed_in",
        status: 403,
        explanation: "accountFormRefused",
      });
    }
    const about = whose(signedIn, dependencies.tenants, form.get("user"));
    const response = await end(dependencies, request, call, signedIn, about, chosen(form));
    // Also when it failed on the way: some may have ended.
    const user = userKey(gateway.issuer, about.tenantId, about.objectId);
    response.headers.set(ENDED_SESSIONS_OF_HEADER, user);
    return response;
  };
}

async function end(
  dependencies: Dependencies,
  request: Request,
  call: Call,
  signedIn: SignedIn,
  { tenantId, objectId, isOwn, named }: Whose,
  which: Chosen,
): Promise<Response> {
  const { gateway, sessions } = dependencies;
  const user = userKey(gateway.issuer, tenantId, objectId);
  const because = isOwn ? "user_request" : "operator_request";
  const by = signedIn.objectId;
  try {
    const ended: SessionDocument[] = [];
    if (isScope(which)) {
      const session = await withdrawScope(sessions, { user, session: which.session }, which.scope);
      if (session) {
        ended.push(session);
        audit(call, "scope_withdrawn", { ...subjectOf(session), scope: which.scope, because, by });
      }
    } else {
      for await (const session of revokeSessionsOf(sessions, user, which, because)) {
        ended.push(session);
        audit(call, "revoked", { ...subjectOf(session), because, by });
      }
    }
    const outcome: Outcome = {
      of: whatOf(which),
      ended: ended.length,
      clientName: ended[0]?.client.name ?? "",
    };
    const cookie = await signedInCookie(dependencies, { ...signedIn, outcome });
    if (!isOwn) return redirect(accountUrl(gateway, { user: named }), [cookie]);
    const forgetting = await forgotten(dependencies, request, which, ended);
    return redirect(accountUrl(gateway), [cookie, ...forgetting]);
  } catch (cause) {
    return accountErrorPage(gateway, "account-revoke", request, call, cause);
  }
}

function whatOf(which: Chosen): Outcome["of"] {
  if (which === "all") return "all";
  if (isScope(which)) return "scope";
  return "client" in which ? "client" : "connection";
}

/**
 * What a person disconnects or withdraws comes back only when they are asked again: what their browser remembers of the client goes, too.
 */
async function forgotten(
  dependencies: Dependencies,
  request: Request,
  which: Chosen,
  ended: readonly SessionDocument[],
): Promise<string[]> {
  const [client] =
    which !== "all" && "client" in which ? [which.client] : ended.map((each) => each.client.id);
  if (which !== "all" && client === undefined) return [];
  const whose = which === "all" ? undefined : client;
  return [...forgetDecisions(request, whose), ...(await forgetAllowed(dependencies, request, whose))];
}

/** Sessions to end, or a scope of one session to take out of it. */
type Chosen = ChosenSessions | { readonly session: string; readonly scope: string };

function isScope(chosen: Chosen): chosen is Extract<Chosen, { readonly scope: string }> {
  return chosen !== "all" && "scope" in chosen;
}

/** @throws OAuthError `invalid_request` unless it is exactly one */
function chosen(form: Parameters): Chosen {
  const session = form.get("session");
  const client = form.get("client");
  const scope = form.get("scope");
  const choices: Chosen[] = [
    ...(session !== undefined && SESSION.test(session)
      ? [scope === undefined ? { session } : { session, scope }]
      : []),
    ...(client === undefined ? [] : [{ client }]),
    ...(form.has("all") ? (["all"] as const) : []),
  ];
  const [only, ...others] = choices;
  // A scope that belongs to no session must not end more than it says.
  if (only === undefined || others.length > 0 || (scope !== undefined && !isScope(only))) {
    throw new OAuthError("invalid_request", "The form came without a choice.");
  }
  return only;
}
