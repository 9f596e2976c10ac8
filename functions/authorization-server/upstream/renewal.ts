import type {
  AuthenticationResult,
  ConfidentialClientApplication,
  SilentFlowRequest,
} from "@azure/msal-node";
import { decodeJwt } from "jose";
import { allowedTenants, type EntraApplication } from "../../platform/entra.ts";
import { calling } from "./calling.ts";
import { TenantRefusedError, UpstreamError } from "./errors.ts";
import { keptAccessToken } from "./kept-access-token.ts";
import { keptIdToken, withoutNewAccessTokens } from "./kept-id-token.ts";
import { membershipIn, membershipOf } from "./membership.ts";
import type { EntraTokens, Upstream } from "./upstream.ts";

/** Gives what is kept of a sign-in while it is fresh, and has Entra renew it otherwise. */
export function renewing(
  app: EntraApplication,
  newClient: (tenantId: string) => ConfidentialClientApplication,
): Pick<Upstream, "accessToken" | "identity"> {
  const { host: authorityHost } = new URL(app.authorityHost);
  const tenants = allowedTenants(app);
  const wantedOf = ({ tenantId = app.tenantId }: EntraTokens) => {
    if (!tenants.includes(tenantId)) throw new TenantRefusedError(tenantId);
    return { clientId: app.clientId, tenantId, now: Math.floor(Date.now() / 1000) };
  };
  return {
    async accessToken(tokens, scope, renewal) {
      const wanted = { ...wantedOf(tokens), scope, authorityHost };
      const kept = renewal ? undefined : keptAccessToken(tokens, wanted);
      if (kept) return { ...kept, ...membershipIn(kept.token) };
      const request = { scopes: [scope], forceRefresh: !!renewal, ...renewal };
      const { result, before, after } = await silently(newClient(wanted.tenantId), tokens, request);
      return {
        token: result.accessToken,
        expiresAt: Math.floor((result.expiresOn?.getTime() ?? 0) / 1000),
        ...membershipIn(result.accessToken),
        ...(after === before ? {} : { renewed: { ...tokens, cache: after } }),
      };
    },

    async identity(tokens, scopes, renewal) {
      const wanted = wantedOf(tokens);
      const kept = renewal ? undefined : keptIdToken(tokens, wanted);
      if (kept) return { claims: kept, ...membershipOf(kept) };
      const request = { scopes: [...scopes], forceRefresh: true, ...renewal };
      const { result, before, after } = await silently(newClient(wanted.tenantId), tokens, request);
      if (!result.idToken) throw new UpstreamError("unavailable", "no_id_token");
      const claims = decodeJwt(result.idToken);
      const renewed = { ...tokens, cache: withoutNewAccessTokens(after, before) };
      return { claims, ...membershipOf(claims), renewed };
    },
  };
}

/** @returns msal's answer, and its serialized cache before and after */
async function silently(
  client: ConfidentialClientApplication,
  tokens: EntraTokens,
  request: Omit<SilentFlowRequest, "account">,
): Promise<{ readonly result: AuthenticationResult; readonly before: string; readonly after: string }> {
  const cache = client.getTokenCache();
  cache.deserialize(tokens.cache);
  const account = await cache.getAccountByHomeId(tokens.account);
  if (!account) throw new UpstreamError("refused", "no_account");
  const before = cache.serialize();
  const result = await calling(() => client.acquireTokenSilent({ account, ...request }));
  // Not `fromCache`: msal may also give the kept token and renew it for the next time.
  return { result, before, after: cache.serialize() };
}
