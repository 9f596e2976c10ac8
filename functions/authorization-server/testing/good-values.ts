import { OPERATOR_ROLE } from "../account/operator-role.ts";
import { readSignedIn, signInCookie } from "../account/signed-in.ts";
import type { Dependencies } from "../dependencies.ts";
import { CLIENT, CLIENT_URI, FORM, send } from "./any-request.ts";
import { SAME_ORIGIN } from "./browser.ts";
import { withCookies } from "./calls.ts";
import { begin, claimsOf, GRANT, signIn, USER } from "./sessions.ts";

/** What is good at one of the endpoints, so that a request gets far enough to do harm. */
export interface Good {
  readonly parameters: Readonly<Record<string, string>>;
  readonly cookie: string;
}

/** Signs in, and goes half of the way of every other sign-in. */
export async function goodValues(dependencies: Dependencies): Promise<Good> {
  const own = { client: { ...GRANT.client, id: CLIENT } };
  const { tokens, refreshToken } = await signIn(dependencies.sessions, own);
  const { code } = await begin(dependencies.sessions, own);
  const consentPage = await send(dependencies, "authorize", {
    query: new URLSearchParams({
      response_type: "code",
      client_id: CLIENT,
      redirect_uri: CLIENT_URI,
      code_challenge: GRANT.challenge,
      code_challenge_method: "S256",
    }).toString(),
  });
  const transaction = /name="transaction" value="([^"]+)"/.exec(await consentPage.text())?.[1] ?? "";
  const pageCookies = consentPage.headers.getSetCookie();
  const approved = await send(dependencies, "consent", {
    headers: { ...FORM, ...SAME_ORIGIN, cookie: cookieOf(pageCookies) },
    body: new URLSearchParams({ transaction, decision: "allow" }).toString(),
  });
  const flow = new URL(approved.headers.get("location") ?? "").searchParams.get("state") ?? "";
  const asked = await send(dependencies, "account", {});
  const account_flow = new URL(asked.headers.get("location") ?? "").searchParams.get("state") ?? "";
  const account = await signInToAccount(dependencies);
  const cookie = cookieOf([
    ...pageCookies,
    ...approved.headers.getSetCookie(),
    ...asked.headers.getSetCookie(),
    account.cookie,
  ]);
  const { sub, sid } = claimsOf(tokens);
  const { form_token } = account;
  const parameters = {
    code,
    refresh_token: refreshToken,
    token: tokens.accessToken,
    transaction,
    flow,
    sub,
    sid,
    form_token,
    account_flow,
  };
  return { parameters, cookie };
}

/** Somebody is signed in to the account page, with the operator's role. */
async function signInToAccount(dependencies: Dependencies): Promise<{ cookie: string; form_token: string }> {
  const person = { ...USER, name: "Olu", roles: [OPERATOR_ROLE] };
  const cookie = await signInCookie(dependencies, person);
  const signedIn = await readSignedIn(dependencies, withCookies([cookie]));
  return { cookie, form_token: signedIn?.formToken ?? "" };
}

const cookieOf = (set: readonly string[]) => withCookies(set).headers.get("cookie") ?? "";
