import type { GrantType } from "../../../config/rules/client-metadata.ts";
import { OFFLINE_ACCESS } from "./openid-scopes.ts";

/**
 * Tells whether a client gets a refresh token. The pages say the same to the person.
 *
 * @param client with the grant types that it registered
 * @param scopes that were granted
 */
export function mayRefresh(
  client: { readonly grantTypes: readonly GrantType[] },
  scopes: readonly string[],
): boolean {
  return client.grantTypes.includes("refresh_token") || scopes.includes(OFFLINE_ACCESS);
}
