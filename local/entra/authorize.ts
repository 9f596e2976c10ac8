import { aadsts, type EntraError } from "./aadsts.ts";
import { attempt } from "./attempt.ts";
import type { EntraApplicationRegistration } from "./directory.ts";
import { type Form, readParameters, required } from "./form.ts";
import type { Received, Reply } from "./loopback-server.ts";
import { signInPage } from "./pages.ts";
import { redirectRefusal } from "./redirect.ts";
import { readScopes } from "./scopes.ts";
import { FLOW_PURPOSE, type SignInFlow } from "./sign-in.ts";
import { ORGANIZATIONS, type Tenant } from "./tenant.ts";

/** Seconds that the sign-in page stays good. */
const FLOW_LIFETIME = 15 * 60;
const PROMPTS: ReadonlySet<string> = new Set(["login", "consent", "select_account", "create"]);

/**
 * `GET /{tenant}/oauth2/v2.0/authorize`: checks the request and shows the sign-in page.
 *
 * @throws EntraError while the redirect URI is not known to be the client's; every later one goes there
 */
export async function authorize(request: Received, tenant: Tenant): Promise<Reply> {
  if (request.method !== "GET") throw aadsts.wrongMethod("GET", request.method);
  const parameters = readParameters(request.url.searchParams);
  const { client, redirectUri } = knownClient(parameters, tenant);
  const state = parameters.get("state");

  const checked = attempt(() => checkRequest(parameters, client, tenant));
  if ("refusal" in checked) {
    return redirectRefusal(tenant, redirectUri, state, interactive(checked.refusal), request);
  }
  const flow: SignInFlow = { ...checked.value, clientId: client.clientId, redirectUri, state };
  return signInPage({
    action: `/${tenant.tenantId}/login`,
    flow: await tenant.seal.seal(FLOW_PURPOSE, { ...flow }, FLOW_LIFETIME),
    client,
    users: tenant.members().flatMap(({ directory }) => [...directory.users]),
    anew: flow.prompt === "login",
    loginHint: parameters.get("login_hint"),
  });
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
  if ((parameters.get("response_mode") ?? "query") !== "query") throw aadsts.unsupportedResponseMode();

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
    if (each === "none") throw aadsts.loginRequired();
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
