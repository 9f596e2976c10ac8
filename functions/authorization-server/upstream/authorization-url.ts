import { randomUUID } from "node:crypto";
import { type EntraApplication, entraEndpoints, signInAuthority } from "../../platform/entra.ts";
import { hashOf, randomSecret } from "../crypto/secrets.ts";
import type { EntraRequest } from "./upstream.ts";

/**
 * Gives URLs that start a sign-in at Entra (OpenID Connect Core §3.1.2.1), each with its own verifier (RFC 7636) and nonce, or
 * with those of a sign-in that was started before.
 *
 * @param redirectUri our callback, as registered in Entra
 */
export function authorizationUrls(app: EntraApplication, redirectUri: string) {
  const endpoint = entraEndpoints({ ...app, tenantId: signInAuthority(app) }).authorization_endpoint;
  return async (
    scope: string,
    state: string,
    further: Readonly<Record<string, string>> = {},
    started?: Pick<EntraRequest, "verifier" | "nonce">,
  ): Promise<{ readonly request: EntraRequest; readonly url: string }> => {
    const { verifier, nonce } = started ?? { verifier: randomSecret(), nonce: randomUUID() };
    const url = new URL(endpoint);
    url.search = new URLSearchParams({
      client_id: app.clientId,
      response_type: "code",
      response_mode: "form_post",
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: hashOf(verifier),
      code_challenge_method: "S256",
      ...further,
    }).toString();
    return { request: { verifier, nonce }, url: url.href };
  };
}
