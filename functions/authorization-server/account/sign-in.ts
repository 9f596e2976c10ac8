import type { Call, Wrapper } from "../../platform/endpoint.ts";
import { audit } from "../audit/audit.ts";
import type { Dependencies } from "../dependencies.ts";
import { OAuthError } from "../errors.ts";
import { redirect } from "../oauth/responses.ts";
import { answerLost, openAnswer } from "../oauth/sign-in/browser-state/answer-cookies.ts";
import type { BrowserState } from "../oauth/sign-in/browser-state/sealed-state.ts";
import { signInCookies } from "../oauth/sign-in/browser-state/sign-in-cookies.ts";
import { newSignInId, SIGN_IN_ID } from "../oauth/sign-in/browser-state/sign-in-id.ts";
import type { EntraAnswer } from "../oauth/sign-in/entra-answer.ts";
import { entraErrorToOAuth, redemptionErrorToOAuth } from "../oauth/sign-in/entra-errors.ts";
import { REFUSAL_DESCRIPTIONS } from "../oauth/sign-in/refusal-descriptions.ts";
import { TenantRefusedError, UpstreamError } from "../upstream/errors.ts";
import type { PageSignInWishes, SignedInPerson } from "../upstream/page-sign-in.ts";
import type { EntraRequest } from "../upstream/upstream.ts";
import { accountUrl } from "./account-url.ts";
import { answeringOnAccount } from "./answering.ts";
import { OPERATOR_ROLE } from "./operator-role.ts";
import { signInCookie } from "./signed-in.ts";

/** A sign-in to the account page on its way through Entra. As with a client's, it lives in this browser alone. */
interface AccountSignIn extends BrowserState {
  readonly entra: EntraRequest;
  /** Object ID of the person to show afterwards, where it is another. */
  readonly user?: string | undefined;
  /** Entra was asked once more already, for claims that its policy wants. */
  readonly again?: boolean;
  /** Entra was asked once more already, because its answer was lost in the browser. */
  readonly lost?: boolean;
}

const signIns = signInCookies<AccountSignIn>("account-sign-in", { most: 3 });

/** Tells them from clients' sign-ins, which come back to the same redirect URI. */
const STATE = new RegExp(`^account\\.(${SIGN_IN_ID})$`);

/** How somebody came to be sent to Entra. */
interface Asked extends PageSignInWishes {
  /** Whose page is to be shown then, as an object ID; the person's own when left out. */
  readonly user?: string | undefined;
  /** Entra's answer was lost in the browser. */
  readonly lost?: boolean;
}

/** Sends a person to Entra, to sign in to the account page. */
export async function askToSignIn(
  dependencies: Dependencies,
  request: Request,
  { user, lost = false, ...wishes }: Asked,
): Promise<Response> {
  const { gateway, pageSignIn, now } = dependencies;
  const id = newSignInId(now(), request);
  const { request: entra, url } = await pageSignIn.start(stateOf(id), wishes);
  const again = wishes.claims !== undefined;
  const content = { entra, user, again, ...(lost && { lost }) };
  return redirect(url, await signIns.put(dependencies, request, id, content, gateway.lifetimes.signIn));
}

/**
 * Answers `GET /callback` for people who signed in to the account page. Clients' sign-ins go on to the endpoint.
 */
export function accountSignIn(dependencies: Dependencies): Wrapper {
  return (next) => async (request, call) => {
    const [, id] = STATE.exec(new URL(request.url).searchParams.get("state") ?? "") ?? [];
    if (id === undefined) return next(request, call);
    const finishing = answeringOnAccount(
      dependencies.gateway,
      "callback",
    )(() => finish(dependencies, request, call, id));
    const response = await finishing(request, call);
    // It works once, whatever came of it.
    response.headers.append("set-cookie", signIns.end(id));
    return response;
  };
}

async function finish(
  dependencies: Dependencies,
  request: Request,
  call: Call,
  id: string,
): Promise<Response> {
  const { gateway, now } = dependencies;
  const signIn = await signIns.open(dependencies, request, id);
  if (!signIn) {
    throw new OAuthError("invalid_request", "This browser has no sign-in of that state.", {
      reason: "no_account_sign_in_in_this_browser",
      explanation: "accountSignInNotHere",
    });
  }
  if (signIn.expiresAt <= now()) {
    throw new OAuthError("access_denied", "The sign-in took too long.", {
      reason: "flow_expired",
      explanation: "accountSignInNotHere",
    });
  }
  const answer = await openAnswer(dependencies, request, stateOf(id));
  if (!answer) {
    if (signIn.lost) throw answerLost();
    audit(call, "account_sign_in_asked_again", { because: "answer_lost" });
    return askToSignIn(dependencies, request, { user: signIn.user, lost: true });
  }
  const redeemed = await redeem(dependencies, answer, signIn);
  if ("claims" in redeemed) {
    audit(call, "account_sign_in_asked_again", { because: "claims" });
    return askToSignIn(dependencies, request, { user: signIn.user, claims: redeemed.claims });
  }
  const { person } = redeemed;
  audit(call, "account_signed_in", {
    user: person.objectId,
    tenant: person.tenantId,
    operator: person.roles.includes(OPERATOR_ROLE),
  });
  return redirect(accountUrl(gateway, { user: signIn.user }), [await signInCookie(dependencies, person)]);
}

/**
 * Redeems Entra's code.
 *
 * @returns instead, as long as it was not asked for before, the claims that a new sign-in has to ask Entra for
 * @throws OAuthError, or UpstreamError when Entra cannot be asked now
 */
async function redeem(
  { pageSignIn }: Dependencies,
  answer: EntraAnswer,
  { entra, again }: AccountSignIn,
): Promise<{ readonly person: SignedInPerson } | { readonly claims: string }> {
  if (answer.code === undefined) throw explained(entraErrorToOAuth(answer));
  try {
    return { person: await pageSignIn.finish(answer.code, entra) };
  } catch (cause) {
    if (!again && cause instanceof UpstreamError && cause.claims) return { claims: cause.claims };
    if (cause instanceof TenantRefusedError) throw stranger(cause);
    const error = cause instanceof UpstreamError ? redemptionErrorToOAuth(cause) : undefined;
    throw error ? explained(error) : cause;
  }
}

/** Somebody of a tenant that is not on the list. */
function stranger({ tenantId: tenant }: TenantRefusedError): OAuthError {
  return new OAuthError("access_denied", REFUSAL_DESCRIPTIONS["tenant-not-allowed"], {
    reason: "tenant_not_allowed",
    status: 403,
    subject: { tenant },
    explanation: "organizationNotLetIn",
  });
}

/** The same error, for the person and not for a client. */
function explained({ code, description, message, status }: OAuthError): OAuthError {
  return new OAuthError(code, description, { reason: message, status, explanation: "entraRefused" });
}

function stateOf(id: string): string {
  return `account.${id}`;
}
