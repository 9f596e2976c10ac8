import type { JWTPayload } from "jose";
import { type EntraTokenVerifier, UnlistedTenantError } from "../../platform/entra.ts";
import { isTokenFault } from "../../platform/token-fault.ts";
import { SignInTooOldError, TenantRefusedError, UpstreamError } from "./errors.ts";
import type { EntraRequest, EntraUser } from "./upstream.ts";

/** Our clock and Entra's need not agree to the second. */
const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * Verifies the id token that a sign-in ended with.
 *
 * @param nonce that the sign-in was started with
 * @returns the user, and all that Entra says of them
 * @throws UpstreamError `refused` when it is not for us or this sign-in, TenantRefusedError when its tenant is not on the list;
 *   `unavailable` without Entra's keys
 */
export async function verifiedIdToken(
  verify: EntraTokenVerifier,
  idToken: string,
  nonce: string,
): Promise<{ readonly user: EntraUser; readonly claims: JWTPayload }> {
  let claims: JWTPayload;
  try {
    claims = await verify(idToken);
  } catch (error) {
    if (error instanceof UnlistedTenantError) throw new TenantRefusedError(error.tenantId);
    if (isTokenFault(error)) throw new UpstreamError("refused", `id_token ${error.code}`);
    throw new UpstreamError("unavailable", "keys");
  }
  const { oid, tid } = claims;
  if (claims["nonce"] !== nonce || typeof oid !== "string" || typeof tid !== "string") {
    throw new UpstreamError("refused", "id_token nonce, oid or tid");
  }
  return { user: { objectId: oid, tenantId: tid }, claims };
}

/** @throws SignInTooOldError */
export function checkAge({ auth_time }: JWTPayload, { signedInSince }: EntraRequest): void {
  if (signedInSince === undefined) return;
  const since = signedInSince - CLOCK_TOLERANCE_SECONDS;
  if (typeof auth_time !== "number" || auth_time < since) throw new SignInTooOldError();
}
