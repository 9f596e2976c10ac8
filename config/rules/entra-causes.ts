/** What an error of Entra's is about, as far as an answer, a page or a finding depends on it. */
export type EntraCause =
  | "redirect-uri"
  | "application"
  | "application-disabled"
  | "tenant"
  | "resource"
  | "resource-parameter"
  | "scope"
  | "consent"
  | "administrator-consent"
  | "assignment"
  | "account-disabled"
  | "cancelled"
  | "conditional-access"
  | "stronger-sign-in"
  | "sign-in-ended"
  | FederatedCredentialCause;

/** Which part of the federated credential does not match the managed identity's token. */
type FederatedCredentialCause = "federated-subject" | "federated-issuer" | "federated-audience";

/** Entra's numbers, from Microsoft's page "Microsoft Entra authentication and authorization error codes". */
const CAUSES: Readonly<Record<string, EntraCause>> = {
  AADSTS50011: "redirect-uri",
  AADSTS500113: "redirect-uri",
  AADSTS700016: "application",
  AADSTS7000112: "application-disabled",
  AADSTS90002: "tenant",
  AADSTS900023: "tenant",
  AADSTS500011: "resource",
  AADSTS9010010: "resource-parameter",
  AADSTS70011: "scope",
  AADSTS650053: "scope",
  AADSTS65001: "consent",
  AADSTS650052: "administrator-consent",
  AADSTS90094: "administrator-consent",
  AADSTS90095: "administrator-consent",
  AADSTS50105: "assignment",
  AADSTS50057: "account-disabled",
  AADSTS65004: "cancelled",
  AADSTS53003: "conditional-access",
  AADSTS50076: "stronger-sign-in",
  AADSTS50079: "stronger-sign-in",
  AADSTS50158: "stronger-sign-in",
  AADSTS50013: "sign-in-ended",
  AADSTS50173: "sign-in-ended",
  AADSTS500133: "sign-in-ended",
  AADSTS700082: "sign-in-ended",
  AADSTS700213: "federated-subject",
  AADSTS700211: "federated-issuer",
  AADSTS70021: "federated-issuer",
  AADSTS700212: "federated-audience",
};

/** @returns the first of Entra's numbers in a text, such as "AADSTS65004": in an error's description, a page, a message */
export function aadstsIn(text: string): string | undefined {
  return /AADSTS\d{3,9}/.exec(text)?.[0];
}

/** @param aadsts a number as {@link aadstsIn} gives it */
export function entraCause(aadsts: string | undefined): EntraCause | undefined {
  return aadsts === undefined ? undefined : CAUSES[aadsts];
}

/** @returns whether Entra does not trust the managed identity that the application authenticates with */
export function isFederatedCredentialCause(cause: EntraCause | undefined): cause is FederatedCredentialCause {
  return cause?.startsWith("federated-") === true;
}
