import type { ResolvedServer } from "../../../config/resolve.ts";

/** A client asks for it to keep its access while the person is away (OpenID Connect Core §11). */
export const OFFLINE_ACCESS = "offline_access";

/** OpenID Connect's own scopes (Core §5.4, §11). Some clients ask for them everywhere. */
const OPENID_SCOPES: ReadonlySet<string> = new Set([
  "openid",
  "profile",
  "email",
  "address",
  "phone",
  OFFLINE_ACCESS,
]);

/** @returns whether a scope is OpenID Connect's and gives access to none of the servers; a server may have one of the same name */
export function isOpenIdScope(scope: string, servers: readonly ResolvedServer[]): boolean {
  return OPENID_SCOPES.has(scope) && !servers.some(({ scopes }) => scopes.some(({ name }) => name === scope));
}
