import { decodeJwt, type JWTPayload } from "jose";
import type { EntraTokens } from "./upstream.ts";

/** As for access tokens, so that Entra is asked about the user just as often. */
const RENEWED_BEFORE_END_SECONDS = 300;

interface IdToken {
  readonly home_account_id?: string;
  readonly realm?: string;
  readonly client_id?: string;
  readonly secret?: string;
}

/**
 * Finds the claims of a fresh id token in msal's serialized cache.
 *
 * @param wanted.tenantId whose token it has to be
 * @param wanted.now seconds since 1970
 * @returns undefined when there is none, or when Entra has to be asked again
 */
export function keptIdToken(
  { cache, account }: Pick<EntraTokens, "cache" | "account">,
  wanted: { readonly clientId: string; readonly tenantId: string; readonly now: number },
): JWTPayload | undefined {
  const { IdToken: tokens = {} } = JSON.parse(cache) as { IdToken?: Readonly<Record<string, IdToken>> };
  const [token, ...others] = Object.values(tokens).filter(
    ({ home_account_id, realm, client_id }) =>
      home_account_id === account && realm === wanted.tenantId && client_id === wanted.clientId,
  );
  if (!token?.secret || others.length > 0) return undefined;
  const claims = decodeJwt(token.secret);
  return (claims.exp ?? 0) > wanted.now + RENEWED_BEFORE_END_SECONDS ? claims : undefined;
}

/**
 * Entra gives an access token for Microsoft Graph with every id token that is asked for without one of an MCP server. Nobody needs it,
 * so it is not kept.
 *
 * @param after msal's serialized cache
 * @param before the same before Entra was asked; left out, there was none
 * @returns `after` with the access tokens of `before` alone
 */
export function withoutNewAccessTokens(after: string, before = "{}"): string {
  const { AccessToken = {} } = JSON.parse(before) as { AccessToken?: unknown };
  return JSON.stringify({ ...JSON.parse(after), AccessToken });
}
