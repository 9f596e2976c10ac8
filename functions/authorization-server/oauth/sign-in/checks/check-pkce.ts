import { OAuthError } from "../../../errors.ts";
import { type Parameters, requiredParameter } from "../../request-body.ts";

export const CODE_CHALLENGE_METHODS = ["S256"] as const;

/** RFC 7636 §4.2: a SHA-256 hash in base64url, without padding. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/** PKCE is required, and only S256 (OAuth 2.1 §7.5.1). @returns the challenge */
export function checkPkce(parameters: Parameters): string {
  const challenge = requiredParameter(parameters, "code_challenge");
  // RFC 7636 §4.3: a method left out means plain.
  if ((parameters.get("code_challenge_method") ?? "plain") !== CODE_CHALLENGE_METHODS[0]) {
    throw new OAuthError("invalid_request", "code_challenge_method must be S256.");
  }
  if (!CHALLENGE.test(challenge)) {
    throw new OAuthError("invalid_request", "code_challenge is not a SHA-256 hash in base64url.");
  }
  return challenge;
}
