import { OAuthError } from "../../errors.ts";
import type { Parameters } from "../request-body.ts";

/** A person always has to approve, so a client that forbids to ask can only be told so (OpenID Connect Core §3.1.2.6). */
export function checkPrompt(parameters: Parameters): void {
  if (parameters.get("prompt")?.split(" ").includes("none")) {
    throw new OAuthError("interaction_required", "The person has to approve the request.");
  }
}
