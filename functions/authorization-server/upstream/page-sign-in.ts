import { CryptoProvider } from "@azure/msal-node";
import {
  type EntraApplication,
  entraClients,
  entraEndpoints,
  entraTokenVerifier,
  signInAuthority,
} from "../../platform/entra.ts";
import type { Circuit } from "../circuit.ts";
import {
  calling,
  type EntraRequest,
  type EntraUser,
  throughCircuit,
  UpstreamError,
  verifiedIdToken,
} from "./entra.ts";

/** A person who signed in to a page of ours, as Entra vouches for them. */
export interface SignedInPerson extends EntraUser {
  /** What the directory calls them. */
  readonly name: string;
  /** Their app roles at the authorization server's own application. */
  readonly roles: readonly string[];
}

/** Signs people in to a page of ours: who they are is all that is asked of Entra, and no token of it is kept. */
export interface PageSignIn {
  /** @returns a fresh verifier and nonce, and the URL that starts the sign-in */
  start(state: string): Promise<{ readonly request: EntraRequest; readonly url: string }>;
  /**
   * Redeems Entra's code.
   *
   * @throws UpstreamError also when the id token is not for us, this sign-in or this tenant
   */
  finish(code: string, request: EntraRequest): Promise<SignedInPerson>;
}

const SCOPES = ["openid", "profile"];

/**
 * @param redirectUri our callback, as registered in Entra
 * @param circuit stands before all calls, with those of {@link entraUpstream}
 */
export function entraPageSignIn(app: EntraApplication, redirectUri: string, circuit: Circuit): PageSignIn {
  const newClient = entraClients(app, { through: throughCircuit(circuit) });
  const verifyIdToken = entraTokenVerifier(app);
  const crypto = new CryptoProvider();
  const authority = signInAuthority(app);
  const endpoint = entraEndpoints({ ...app, tenantId: authority }).authorization_endpoint;
  return {
    async start(state) {
      const { verifier, challenge } = await crypto.generatePkceCodes();
      const nonce = crypto.createNewGuid();
      const url = new URL(endpoint);
      url.search = new URLSearchParams({
        client_id: app.clientId,
        response_type: "code",
        response_mode: "query",
        redirect_uri: redirectUri,
        scope: SCOPES.join(" "),
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: "S256",
      }).toString();
      return { request: { verifier, nonce }, url: url.href };
    },

    async finish(code, { verifier, nonce }) {
      const { idToken } = await calling(() =>
        newClient(authority).acquireTokenByCode({
          code,
          scopes: SCOPES,
          redirectUri,
          codeVerifier: verifier,
          nonce,
        }),
      );
      if (!idToken) throw new UpstreamError("refused", "no_id_token");
      const { user, claims } = await verifiedIdToken(verifyIdToken, idToken, nonce);
      const { name, preferred_username: username, roles } = claims;
      return {
        ...user,
        name: textOf(name) || textOf(username),
        roles: Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [],
      };
    },
  };
}

function textOf(claim: unknown): string {
  return typeof claim === "string" ? claim : "";
}
