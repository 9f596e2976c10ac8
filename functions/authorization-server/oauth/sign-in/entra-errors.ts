import { OAuthError } from "../../errors.ts";
import type { UpstreamError } from "../../upstream/errors.ts";
import type { EntraAnswer } from "./entra-answer.ts";

/** Entra's numbers that say more than its OAuth error does. */
const BY_NUMBER: Readonly<Record<string, string>> = {
  AADSTS50105: "The person is not assigned to the application.",
  AADSTS50057: "The account is disabled.",
  AADSTS53003: "A Conditional Access policy refused the sign-in.",
  AADSTS65001: "The tenant has not consented to the permissions yet.",
  AADSTS650052: "An administrator of the tenant has to consent first.",
  AADSTS65004: "The person cancelled the sign-in.",
  AADSTS90094: "An administrator of the tenant has to consent first.",
};

const CREDENTIAL =
  "Microsoft Entra ID does not accept this gateway's managed identity. An administrator has to check its federated credential";
const SCOPE =
  "The application of this MCP server has no such scope in Microsoft Entra ID. An administrator has to check the gateway's configuration";

/**
 * Entra's numbers for what is wrong with the gateway itself. They name nobody, and no person at a browser can do anything
 * about them, so that the administrator whom they ask learns the number at once.
 */
const BY_ADMINISTRATORS_NUMBER: Readonly<Record<string, string>> = {
  AADSTS70011: SCOPE,
  AADSTS650053: SCOPE,
  AADSTS70021: CREDENTIAL,
  AADSTS700211: CREDENTIAL,
  AADSTS700212: CREDENTIAL,
  AADSTS700213: CREDENTIAL,
};

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
  return new OAuthError("access_denied", BY_NUMBER[aadsts] ?? GENERAL, { reason });
}

/**
 * Puts Entra's refusal of the code in our own words.
 *
 * @returns undefined when Entra could not be asked, and a later try may succeed
 */
export function redemptionErrorToOAuth({ kind, message: reason }: UpstreamError): OAuthError | undefined {
  const number = /AADSTS\d{3,9}/.exec(reason)?.[0] ?? "";
  const fault = BY_ADMINISTRATORS_NUMBER[number];
  if (fault) return new OAuthError("server_error", `${fault} (${number}).`, { reason });
  if (kind === "unavailable") return undefined;
  return new OAuthError("access_denied", BY_NUMBER[number] ?? GENERAL, { reason });
}
