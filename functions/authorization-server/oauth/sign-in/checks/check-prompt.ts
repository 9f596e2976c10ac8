import { OAuthError } from "../../../errors.ts";
import type { Parameters } from "../../request-body.ts";

/** `login` and `select_account` are Entra's to honour; `consent` is what our own page asks of everybody anyway. */
export const PROMPT_VALUES = ["login", "select_account", "consent"] as const;

/** Entra takes one of them. A person who signs in again may choose another account on the way. */
export type EntraPrompt = "login" | "select_account";

/**
 * `prompt` (OpenID Connect Core §3.1.2.1). A person always has to approve, so a client that forbids to ask can only be told so
 * (§3.1.2.6). Values that nobody here knows are left out.
 *
 * @returns what is left for Entra to ask
 */
export function checkPrompt(parameters: Parameters): EntraPrompt | undefined {
  const prompts = (parameters.get("prompt") ?? "").split(" ").filter(Boolean);
  if (prompts.includes("none")) {
    if (prompts.length > 1) throw new OAuthError("invalid_request", "prompt has none together with another.");
    throw new OAuthError("consent_required", "The person has to approve the request.");
  }
  if (prompts.includes("login")) return "login";
  return prompts.includes("select_account") ? "select_account" : undefined;
}
