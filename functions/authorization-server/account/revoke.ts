import type { Call, Endpoint } from "../../platform/endpoint.ts";
import { audit } from "../audit/audit.ts";
import type { Dependencies } from "../dependencies.ts";
import { OAuthError } from "../errors.ts";
import { type Parameters, readForm } from "../oauth/request-body.ts";
import { ENDED_SESSIONS_OF_HEADER, redirect } from "../oauth/responses.ts";
import { requireSameOrigin } from "../oauth/same-origin.ts";
import { forgetDecisions } from "../oauth/sign-in/browser-state/remembered-decision.ts";
import type { Outcome } from "../pages/account-page.ts";
import { type ChosenSessions, revokeSessionsOf } from "../sessions/revoke-sessions-of.ts";
import type { SessionDocument } from "../sessions/session-document.ts";
import { subjectOf } from "../sessions/subject.ts";
import { userKey } from "../sessions/user-key.ts";
import { accountUrl } from "./account-url.ts";
import { accountErrorPage } from "./answering.ts";
import { hasFormToken, readSignedIn, type SignedIn, signedInCookie } from "./signed-in.ts";
import { type Whose, whose } from "./whose.ts";

const SESSION = /^[\w-]{22}$/;

/**
 * `POST /account/revoke`: ends one session, all of one client, or all, of the person's own or, for an operator, another's.
 * The gateway hears of it, so that access tokens of those sessions stop as they do after `/revoke`.
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
  which: ChosenSessions,
): Promise<Response> {
  const { gateway, sessions } = dependencies;
  const user = userKey(gateway.issuer, tenantId, objectId);
  const because = isOwn ? "user_request" : "operator_request";
  try {
    const ended: SessionDocument[] = [];
    for await (const session of revokeSessionsOf(sessions, user, which, because)) {
      ended.push(session);
      audit(call, "revoked", { ...subjectOf(session), because, by: signedIn.objectId });
    }
    const outcome: Outcome = {
      of: which === "all" ? "all" : "client" in which ? "client" : "connection",
      ended: ended.length,
      clientName: ended[0]?.client.name ?? "",
    };
    const cookie = await signedInCookie(dependencies, { ...signedIn, outcome });
    if (!isOwn) return redirect(accountUrl(gateway, { user: named }), [cookie]);
    return redirect(accountUrl(gateway), [cookie, ...forgotten(request, which, ended)]);
  } catch (cause) {
    return accountErrorPage(gateway, "account-revoke", request, call, cause);
  }
}

/** Whom a person disconnects, nothing connects again without asking them: what their browser remembers of it goes, too. */
function forgotten(request: Request, which: ChosenSessions, ended: readonly SessionDocument[]): string[] {
  if (which === "all") return forgetDecisions(request);
  const clients = "client" in which ? [which.client] : ended.map(({ client }) => client.id);
  return clients.flatMap((client) => forgetDecisions(request, client));
}

/** @throws OAuthError `invalid_request` unless it is exactly one */
function chosen(form: Parameters): ChosenSessions {
  const session = form.get("session");
  const client = form.get("client");
  const choices: ChosenSessions[] = [
    ...(session !== undefined && SESSION.test(session) ? [{ session }] : []),
    ...(client === undefined ? [] : [{ client }]),
    ...(form.has("all") ? (["all"] as const) : []),
  ];
  const [only, ...others] = choices;
  if (only === undefined || others.length > 0) {
    throw new OAuthError("invalid_request", "The form came without a choice.");
  }
  return only;
}
