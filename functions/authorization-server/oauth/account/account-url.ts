import type { ResolvedGateway } from "../../../../config/resolve.ts";
import { routes } from "../../routes.ts";

/**
 * @param user object ID of the person to show; the one who asks when left out
 * @returns the account page's URL
 */
export function accountUrl({ issuer }: Pick<ResolvedGateway, "issuer">, user?: string): string {
  const query = user === undefined ? "" : `?${new URLSearchParams({ user })}`;
  return `${issuer}${routes.account.path}${query}`;
}
