import { CryptoProvider } from "@azure/msal-node";
import { type EntraApplication, entraEndpoints, signInAuthority } from "../../platform/entra.ts";
import type { EntraRequest } from "./upstream.ts";

/**
 * Gives URLs that start a sign-in at Entra (OpenID Connect Core §3.1.2.1), each with a verifier (RFC 7636) and a nonce of its own.
 *
 * @param redirectUri our callback, as registered in Entra
 */
export function authorizationUrls(app: EntraApplication, redirectUri: string) {
  const crypto = new CryptoProvider();
  const endpoint = entraEndpoints({ ...app, tenantId: signInAuthority(app) }).authorization_endpoint;
  return async (
    scope: string,
    state: string,
    further: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly request: EntraRequest; readonly url: string }> => {
    const { verifier, challenge } = await crypto.generatePkceCodes();
    const nonce = crypto.createNewGuid();
    const url = new URL(endpoint);
    url.search = new URLSearchParams({
      client_id: app.clientId,
      response_type: "code",
      response_mode: "form_post",
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: challenge,
      code_challenge_method: "S256",
      ...further,
    }).toString();
    return { request: { verifier, nonce }, url: url.href };
  };
}
