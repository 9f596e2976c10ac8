import {
  type EntraApplication,
  entraClients,
  entraTokenVerifier,
  signInAuthority,
} from "../../platform/entra.ts";
import type { Circuit } from "../resilience/circuit.ts";
import { authorizationUrls } from "./authorization-url.ts";
import { calling, throughCircuit } from "./calling.ts";
import { UpstreamError } from "./errors.ts";
import { verifiedIdToken } from "./id-token.ts";
import type { EntraRequest, EntraUser, SignInWishes } from "./upstream.ts";

/** A person who signed in to a page of ours, as Entra vouches for them. */
export interface SignedInPerson extends EntraUser {
  /** What the directory calls them. */
  readonly name: string;
  /** Their app roles at the authorization server's own application. */
  readonly roles: readonly string[];
}

/** What a sign-in to a page may have to be like. */
export type PageSignInWishes = Pick<SignInWishes, "prompt" | "claims">;

/** Signs people in to a page of ours: who they are is all that is asked of Entra, and no token of it is kept. */
export interface PageSignIn {
  /** @returns a fresh verifier and nonce, and the URL that starts the sign-in */
  start(
    state: string,
    wishes?: PageSignInWishes,
  ): Promise<{ readonly request: EntraRequest; readonly url: string }>;
  /**
   * Redeems Entra's code.
   *
   * @throws UpstreamError also when the id token is not for us, this sign-in or this tenant; its `claims` say what a further sign-in
   *   has to ask for, where Entra wants more of the person
   */
  finish(code: string, request: EntraRequest): Promise<SignedInPerson>;
}

const SCOPES = ["openid", "profile"];

/**
 * @param redirectUri our callback, as registered in Entra
 * @param circuit stands before all calls, with those of `entraUpstream`
 */
export function entraPageSignIn(app: EntraApplication, redirectUri: string, circuit: Circuit): PageSignIn {
  const newClient = entraClients(app, { through: throughCircuit(circuit) });
  const verifyIdToken = entraTokenVerifier(app);
  const authority = signInAuthority(app);
  const urlFor = authorizationUrls(app, redirectUri);
  return {
    start: (state, { prompt, claims } = {}) =>
      urlFor(SCOPES.join(" "), state, {
        ...(prompt !== undefined && { prompt }),
        ...(claims !== undefined && { claims }),
      }),

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
