import {
  aadstsIn,
  type EntraCause,
  entraCause,
  isFederatedCredentialCause,
} from "../../../../config/rules/entra-causes.ts";
import { OAuthError } from "../../errors.ts";
import type { UpstreamError } from "../../upstream/errors.ts";
import type { EntraAnswer } from "./entra-answer.ts";
import { REFUSAL_DESCRIPTIONS, type RefusalReason } from "./refusal-descriptions.ts";

const GENERAL = "Microsoft Entra ID did not complete the sign-in.";

/** Entra's errors that a client may meet by trying again. */
const TRANSIENT = new Set(["temporarily_unavailable", "server_error"]);

/**
 * Puts Entra's error (RFC 6749 §4.1.2.1) in our own words: its description names tenants, applications and trace IDs that are no
 * business of the client.
 */
export function entraErrorToOAuth({ error = "", aadsts = "" }: EntraAnswer): OAuthError {
  const reason = `entra_error ${error} ${aadsts}`.trim();
  if (TRANSIENT.has(error)) {
    return new OAuthError("temporarily_unavailable", "Microsoft Entra ID is temporarily unavailable.", {
      reason,
    });
  }
  return new OAuthError("access_denied", describe(aadsts), { reason });
}

/**
 * Puts Entra's refusal of the code in our own words.
 *
 * @returns undefined when Entra could not be asked, and a later try may succeed
 */
export function redemptionErrorToOAuth({ kind, message: reason }: UpstreamError): OAuthError | undefined {
  const number = aadstsIn(reason);
  const fault = faultOfGateway(entraCause(number));
  if (fault) return new OAuthError("server_error", `${fault} (${number}).`, { reason });
  if (kind === "unavailable") return undefined;
  return new OAuthError("access_denied", describe(number), { reason });
}

function describe(number: string | undefined): string {
  const cause = entraCause(number);
  return cause !== undefined && cause in REFUSAL_DESCRIPTIONS
    ? REFUSAL_DESCRIPTIONS[cause as RefusalReason]
    : GENERAL;
}

/**
 * What is wrong with the gateway itself. No person at a browser can fix it, so the text has the number for their administrator. It names
 * nobody.
 */
function faultOfGateway(cause: EntraCause | undefined): string | undefined {
  if (isFederatedCredentialCause(cause)) {
    return "Microsoft Entra ID does not accept this gateway's managed identity. An administrator has to check its federated credential";
  }
  if (cause === "scope") {
    return "The application of this MCP server has no such scope in Microsoft Entra ID. An administrator has to check the gateway's configuration";
  }
  return undefined;
}
