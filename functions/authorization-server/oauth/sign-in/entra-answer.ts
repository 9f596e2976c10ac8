import { aadstsIn } from "../../../../config/rules/entra-causes.ts";
import type { Parameters } from "../request-body.ts";

/**
 * Entra's answer to our authorization request (RFC 6749 §4.1.2), reduced to the members that the sign-in uses. Only a browser vouches
 * for it, so nothing in it is trusted until Entra redeems the code.
 */
export interface EntraAnswer {
  /** The authorization code; missing when there is none, or when it cannot be one. */
  readonly code?: string;
  /** The error code. */
  readonly error?: string;
  /** The number in the error's description, as "AADSTS65004". */
  readonly aadsts?: string;
}

/**
 * In characters. Entra's codes have up to some 2,300, growing with what is known of the person. Longer ones than this would not leave
 * room for other cookies (answer-cookies.ts).
 */
const LONGEST_CODE = 4096;

/**
 * Reads the parameters of Entra's answer. A value that cannot be Entra's stays here: what Entra's front ends answer to such a code would
 * look like an outage, which turns everybody away.
 */
export function entraAnswer(parameters: Parameters): EntraAnswer {
  const code = parameters.get("code") ?? "";
  const error = parameters.get("error") ?? "";
  const aadsts = aadstsIn(parameters.get("error_description") ?? "");
  return {
    // RFC 6749 Appendix A.11
    ...(code.length <= LONGEST_CODE && /^[\x20-\x7e]+$/.test(code) && { code }),
    // RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6 have no others.
    ...(/^[a-z_]{1,40}$/.test(error) && { error }),
    ...(aadsts !== undefined && { aadsts }),
  };
}
