import { aadsts, type EntraError } from "./aadsts.ts";
import { type AnswerTarget, answerWithRefusal } from "./answer.ts";
import { attempt } from "./attempt.ts";
import type { EntraApplicationRegistration } from "./directory.ts";
import { type Form, readParameters, required } from "./form.ts";
import type { Received, Reply } from "./loopback-server.ts";
import { isHinted, signInPage } from "./pages.ts";
import { readScopes } from "./scopes.ts";
import { type Account, signedInAccounts } from "./session.ts";
import { FLOW_PURPOSE, grantCode, type SignInFlow } from "./sign-in.ts";
import { ORGANIZATIONS, type Tenant } from "./tenant.ts";

/** Seconds that the sign-in page stays good. */
const FLOW_LIFETIME = 15 * 60;
const PROMPTS: ReadonlySet<string> = new Set(["login", "none", "consent", "select_account", "create"]);
/** Entra has `fragment` besides, for programs that run in a web page. */
const RESPONSE_MODES: ReadonlySet<string> = new Set(["query", "form_post"]);

/**
 * `GET /{tenant}/oauth2/v2.0/authorize`: checks the request and shows the sign-in page. Somebody who is signed in already, alone in
 * their browser or named by the client, goes back to the client immediately.
 *
 * @throws EntraError while the redirect URI is not known to be the client's; every later one goes there
 */
export async function authorize(request: Received, tenant: Tenant): Promise<Reply> {
  if (request.method !== "GET") throw aadsts.wrongMethod("GET", request.method);
  const parameters = readParameters(request.url.searchParams);
  const { client, redirectUri } = knownClient(parameters, tenant);
  const target: AnswerTarget = {
    redirectUri,
    state: parameters.get("state"),
    responseMode: parameters.get("response_mode") === "form_post" ? "form_post" : "query",
  };

  const checked = attempt(() => checkRequest(parameters, client, tenant));
  if ("refusal" in checked) return answerWithRefusal(tenant, target, interactive(checked.refusal), request);
  const flow: SignInFlow = { ...checked.value, ...target, clientId: client.clientId };
  const loginHint = parameters.get("login_hint");
  const account = accountToGoOnWith(flow, loginHint, await signedInAccounts(request, tenant), tenant);
  if (account) return grantCode(flow, account, tenant);
  if (flow.prompt === "none") return answerWithRefusal(tenant, target, aadsts.loginRequired(), request);
  return signInPage({
    action: `/${tenant.tenantId}/login`,
    flow: await tenant.seal.seal(FLOW_PURPOSE, { ...flow }, FLOW_LIFETIME),
    client,
    users: tenant.members().flatMap(({ directory }) => [...directory.users]),
    anew: flow.prompt === "login",
    loginHint,
  });
}

/** @returns with whom the sign-in goes on without a page; undefined when the person has to pick an account or sign in */
function accountToGoOnWith(
  { prompt, claims }: SignInFlow,
  loginHint: string | undefined,
  accounts: readonly Account[],
  tenant: Tenant,
): Account | undefined {
  if (prompt !== undefined && prompt !== "none") return undefined;
  const possible = accounts.filter(({ user }) => loginHint === undefined || isHinted(user, loginHint));
  const [account] = possible;
  if (!account || possible.length > 1) return undefined;
  return tenant.standing.asksFactor(account.user.oid, claims) ? undefined : account;
}

/** @throws EntraError 900144, 700016, 50194 or 50011, which nobody may be redirected with */
function knownClient(parameters: Form, tenant: Tenant) {
  const clientId = required(parameters, "client_id");
  const client = tenant.directory.application(clientId);
  if (!client) throw aadsts.unknownClient(clientId, tenant.tenantId);
  if (tenant.tenantId === ORGANIZATIONS && client.signInAudience !== "AzureADMultipleOrgs") {
    throw aadsts.notMultiTenant(clientId);
  }
  const redirectUri = required(parameters, "redirect_uri");
  if (!client.redirectUris.includes(redirectUri)) {
    throw aadsts.redirectUriMismatch(redirectUri, client.clientId);
  }
  return { client, redirectUri };
}

function checkRequest(
  parameters: Form,
  client: EntraApplicationRegistration,
  tenant: Tenant,
): Pick<SignInFlow, "scope" | "codeChallenge" | "nonce" | "claims" | "prompt"> {
  const responseType = required(parameters, "response_type");
  if (responseType.split(" ").includes("id_token")) throw aadsts.idTokenResponseType();
  if (responseType !== "code") throw aadsts.unsupportedResponseType();
  if (!RESPONSE_MODES.has(parameters.get("response_mode") ?? "query")) throw aadsts.unsupportedResponseMode();

  // Entra lets a resource pass that owns the scopes; our code must send none, so that the stand-in refuses all.
  if (parameters.has("resource")) throw aadsts.resourceParameter();
  const scope = required(parameters, "scope");
  // Whose applications and consents count is known when the person is.
  if (tenant.tenantId !== ORGANIZATIONS) readScopes(scope, client, tenant.directory, tenant.tenantId);

  // Entra demands PKCE only of public clients; here its absence is a mistake in our code.
  const codeChallenge = parameters.get("code_challenge") ?? "";
  if (!/^[A-Za-z0-9_-]{43}$/.test(codeChallenge)) throw aadsts.missingCodeChallenge();
  if (parameters.get("code_challenge_method") !== "S256") throw aadsts.invalidCodeChallengeMethod();

  const prompt = parameters.get("prompt");
  for (const each of prompt?.split(" ") ?? []) {
    if (!PROMPTS.has(each)) throw aadsts.invalidParameter("prompt");
  }
  return { scope, codeChallenge, nonce: parameters.get("nonce"), claims: claimsOf(parameters), prompt };
}

/** @throws EntraError when they are no JSON object */
function claimsOf(parameters: Form): string | undefined {
  const claims = parameters.get("claims");
  if (claims === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(claims);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return claims;
  } catch {
    throw aadsts.invalidParameter("claims");
  }
  throw aadsts.invalidParameter("claims");
}

/** At this endpoint, missing consent has an OAuth error code of its own (OpenID Connect Core §3.1.2.6). */
function interactive(refusal: EntraError): EntraError {
  return refusal.aadsts === 65001 ? refusal.as("consent_required") : refusal;
}
