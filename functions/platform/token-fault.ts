import { errors } from "jose";

const TOKEN_FAULTS = [
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
];

/**
 * Tells why a token did not verify.
 *
 * @param error what a verification against a remote key set threw
 * @returns whether the token itself is at fault; otherwise the issuer's keys could not be had, and a later try may succeed
 */
export function isTokenFault(error: unknown): error is errors.JOSEError {
  return TOKEN_FAULTS.some((fault) => error instanceof fault);
}
