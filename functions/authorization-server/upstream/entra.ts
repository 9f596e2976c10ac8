import {
  type EntraApplication,
  entraClients,
  entraTokenVerifier,
  signInAuthority,
} from "../../platform/entra.ts";
import type { Circuit } from "../resilience/circuit.ts";
import { authorizationUrls } from "./authorization-url.ts";
import { calling, throughCircuit } from "./calling.ts";
import { bothClaimsRequests } from "./claims-request.ts";
import { UpstreamError } from "./errors.ts";
import { checkAge, verifiedIdToken } from "./id-token.ts";
import { withoutNewAccessTokens } from "./kept-id-token.ts";
import { type Membership, membershipIn, membershipOf } from "./membership.ts";
import { renewing } from "./renewal.ts";
import type { SignInWishes, Upstream } from "./upstream.ts";

/**
 * We take a resource's claims challenge to Entra (GW-9), and say so: an MCP server's application may have the claim `xms_cc`
 * tell it, before it challenges anybody.
 */
const CAPABILITIES = ["cp1"];

/** The claims request with which msal declares them at the token endpoint, for the authorization endpoint. */
const CAPABILITIES_REQUEST = JSON.stringify({ access_token: { xms_cc: { values: CAPABILITIES } } });

/**
 * @param redirectUri our callback, as registered in Entra
 * @param circuit stands before all calls but those for id tokens' keys, which are seldom and shared
 */
export function entraUpstream(app: EntraApplication, redirectUri: string, circuit: Circuit): Upstream {
  const newClient = entraClients(app, { capabilities: CAPABILITIES, through: throughCircuit(circuit) });
  const authority = signInAuthority(app);
  const verifyIdToken = entraTokenVerifier(app);
  const urlFor = authorizationUrls(app, redirectUri);
  return {
    async startSignIn(scope, state, wishes = {}, started = undefined) {
      const scopes = `openid profile offline_access ${scope}`.trimEnd();
      const { request, url } = await urlFor(scopes, state, parametersFor(wishes), started);
      if (started) return { request: started, url };
      const now = Math.floor(Date.now() / 1000);
      const since = wishes.maxAge === undefined ? {} : { signedInSince: now - wishes.maxAge };
      return { request: { ...request, ...since }, url };
    },

    async finishSignIn(code, [first, ...others], request) {
      const signingIn = newClient(authority);
      const result = await calling(() =>
        signingIn.acquireTokenByCode({
          code,
          scopes: first === undefined ? [] : [first],
          redirectUri,
          codeVerifier: request.verifier,
          nonce: request.nonce,
        }),
      );
      const { user, claims } = await verifiedIdToken(verifyIdToken, result.idToken, request.nonce);
      checkAge(claims, request);
      const { account } = result;
      if (!account) throw new UpstreamError("refused", "no_account");
      const memberships = new Map<string, Membership>();
      if (first !== undefined) memberships.set(first, membershipIn(result.accessToken));
      // A token for another server has to come from the person's own tenant.
      const client =
        others.length === 0 || user.tenantId === authority ? signingIn : newClient(user.tenantId);
      if (client !== signingIn) client.getTokenCache().deserialize(signingIn.getTokenCache().serialize());
      for (const scope of others) {
        const other = await calling(() => client.acquireTokenSilent({ account, scopes: [scope] }));
        memberships.set(scope, membershipIn(other.accessToken));
      }
      const cache = client.getTokenCache().serialize();
      return {
        user,
        memberships,
        own: membershipOf(claims),
        tokens: {
          cache: first === undefined ? withoutNewAccessTokens(cache) : cache,
          account: account.homeAccountId,
          tenantId: user.tenantId,
        },
      };
    },

    ...renewing(app, newClient),
  };
}

function parametersFor({ prompt, maxAge, loginHint, claims }: SignInWishes): Record<string, string> {
  const asked = maxAge === 0 ? "login" : prompt;
  return {
    claims: bothClaimsRequests(claims, CAPABILITIES_REQUEST) ?? CAPABILITIES_REQUEST,
    ...(asked !== undefined && { prompt: asked }),
    ...(loginHint !== undefined && { login_hint: loginHint }),
  };
}
