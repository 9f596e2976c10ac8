import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import type { SingleUse } from "./single-use.ts";

/** What a client may sign with; asymmetric all, and listed in the metadata. */
export const ASSERTION_ALGORITHMS = ["ES256", "PS256", "RS256", "EdDSA"] as const;

/** An assertion that lives longer is a password, in seconds. */
const LONGEST_LIFE = 300;

/** By how much a client's clock may differ from ours, in seconds. */
const CLOCK_SKEW = 30;

const JTI_LIMIT = 256;

interface AssertionCheck {
  readonly clientId: string;
  readonly keys: JSONWebKeySet;
  /** Names of ours that the assertion may be for: the issuer and the endpoint's URL. */
  readonly audiences: readonly string[];
  readonly used: SingleUse;
  /** Seconds since 1970. */
  readonly now: number;
}

/**
 * Verifies a client's assertion (RFC 7523 §3): signed by a key of its own, by itself about itself, for us and nobody else,
 * for minutes, and once.
 *
 * @returns undefined when all of that holds; otherwise what does not, for the log
 */
export async function assertionFault(assertion: string, check: AssertionCheck): Promise<string | undefined> {
  const { clientId, keys, audiences, used, now } = check;
  try {
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(keys), {
      algorithms: [...ASSERTION_ALGORITHMS],
      issuer: clientId,
      subject: clientId,
      requiredClaims: ["aud", "exp", "jti"],
      currentDate: new Date(now * 1000),
      clockTolerance: CLOCK_SKEW,
    });
    const { aud = [], exp = 0, iat, jti = "" } = payload;
    // One that is for others as well could be used here by them.
    if (![aud].flat().every((each) => audiences.includes(each)) || aud.length === 0) return "audience";
    if (exp > now + LONGEST_LIFE + CLOCK_SKEW) return "lives_too_long";
    if (iat !== undefined && iat > now + CLOCK_SKEW) return "issued_in_the_future";
    if (typeof jti !== "string" || jti === "" || jti.length > JTI_LIMIT) return "jti";
    return used.use(clientId, jti, exp + CLOCK_SKEW) ? undefined : "replayed";
  } catch (error) {
    if (error instanceof errors.JOSEError) return error.code;
    // A key that is none, in a set that is the client's own.
    return "key_unusable";
  }
}
