import { OAuthError } from "../../../errors.ts";
import type { Parameters } from "../../request-body.ts";

/** Longer than any user principal name or mail address (RFC 5321 §4.5.3.1). */
const LONGEST = 320;

/**
 * `login_hint` (OpenID Connect Core §3.1.2.1): the person that the client expects. It goes to Entra as it is. It is personal data,
 * so no log has it.
 */
export function checkLoginHint(parameters: Parameters): string | undefined {
  const hint = parameters.get("login_hint");
  if (!hint) return undefined;
  if (hint.length > LONGEST || !hint.isWellFormed() || /\p{C}/u.test(hint)) {
    throw new OAuthError("invalid_request", "login_hint is too long, or has control characters.");
  }
  return hint;
}
