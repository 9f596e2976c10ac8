import { seal, unseal } from "../../keys/seal.ts";
import { readCookies, setCookie } from "../../pages/cookies.ts";
import { hashOf, randomSecret } from "../../sessions/secrets.ts";
import type { AuthorizationRequest } from "../authorize/authorization-request.ts";
import type { Dependencies } from "../dependencies.ts";

/** Ties consent pages to the browser they were shown in; one for all of them, so that two tabs both work. */
const BROWSER_COOKIE = "consent";

interface Transaction {
  readonly request: AuthorizationRequest;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

type Needs = Pick<Dependencies, "gateway" | "keys" | "now">;

/**
 * Seals a checked request into the consent form. It opens only together with this browser's cookie, so the form cannot be
 * sent from elsewhere (cross-site request forgery), and its content cannot be changed.
 *
 * @returns what the form carries, and the cookies to set
 */
export async function startTransaction(
  { gateway, keys, now }: Needs,
  request: Request,
  authorization: AuthorizationRequest,
) {
  const known = readCookies(request).get(BROWSER_COOKIE);
  const browser = known ?? randomSecret();
  const content: Transaction = { request: authorization, expiresAt: now() + gateway.lifetimes.signIn };
  return {
    transaction: await seal(keys, "consent", hashOf(browser), JSON.stringify(content)),
    cookies: known ? [] : [setCookie(BROWSER_COOKIE, browser)],
  };
}

/**
 * Opens what a consent form carried.
 *
 * @returns undefined when it is not this browser's, was altered, or is too old
 */
export async function openTransaction(
  { keys, now }: Pick<Needs, "keys" | "now">,
  request: Request,
  transaction: string,
): Promise<AuthorizationRequest | undefined> {
  const browser = readCookies(request).get(BROWSER_COOKIE);
  if (!browser) return undefined;
  let content: Transaction;
  try {
    content = JSON.parse(await unseal(keys, "consent", hashOf(browser), transaction)) as Transaction;
  } catch {
    return undefined;
  }
  return content.expiresAt > now() ? content.request : undefined;
}
