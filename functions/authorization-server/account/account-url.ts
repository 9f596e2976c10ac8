import type { ResolvedGateway } from "../../../config/resolve.ts";
import { routes } from "../routes.ts";

/** The value of `prompt` with which Entra lets a person pick the account (OpenID Connect Core §3.1.2.1). */
export const PICK_ACCOUNT = "select_account";

/** What the account page takes in its query. */
interface AccountQuery {
  /** Object ID of the person to show; the one who asks when left out. */
  readonly user?: string | undefined;
  /** For who is not signed in to the page; Entra may otherwise take the account that it knows. */
  readonly prompt?: typeof PICK_ACCOUNT;
}

/** @returns the account page's URL */
export function accountUrl({ issuer }: Pick<ResolvedGateway, "issuer">, query: AccountQuery = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined) as [string, string][];
  return `${issuer}${routes.account.path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ""}`;
}
