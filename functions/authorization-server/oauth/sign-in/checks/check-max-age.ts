import { OAuthError } from "../../../errors.ts";
import type { Parameters } from "../../request-body.ts";

/** Nobody's session at Entra is older than that, so that a longer time asks for nothing. */
const LONGEST_SECONDS = 365 * 24 * 3600;

/** `max_age` is a whole number of seconds (OpenID Connect Core §3.1.2.1). @returns undefined when any sign-in will do */
export function checkMaxAge(parameters: Parameters): number | undefined {
  const text = parameters.get("max_age");
  if (!text) return undefined;
  if (!/^\d{1,10}$/.test(text))
    throw new OAuthError("invalid_request", "max_age must be a number of seconds.");
  const seconds = Number(text);
  return seconds <= LONGEST_SECONDS ? seconds : undefined;
}
