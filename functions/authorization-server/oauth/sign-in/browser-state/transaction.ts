import { hashOf, randomSecret } from "../../../crypto/secrets.ts";
import type { Dependencies } from "../../../dependencies.ts";
import { expireCookie, readCookies, setCookie } from "../../../pages/cookies.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import { type BrowserState, openLiveState, sealState } from "./sealed-state.ts";
import { sortableTime } from "./sign-in-id.ts";

interface Transaction extends BrowserState {
  readonly request: AuthorizationRequest;
}

/** More consent pages than this at once in one browser push out the oldest, so that the cookies stay bounded. */
const PAGE_LIMIT = 8;

const COOKIE = /^consent-[\w-]{43}$/;

type Needs = Pick<Dependencies, "gateway" | "keys" | "now">;

/**
 * Seals a checked request into the consent form. It opens only together with a cookie of this browser, so the form cannot
 * be sent from elsewhere (cross-site request forgery), and its content cannot be changed. Each page has its own
 * cookie, because two pages that open at the same moment do not send each other's.
 *
 * @returns what the form carries, and the cookies to set
 */
export async function startTransaction(needs: Needs, request: Request, authorization: AuthorizationRequest) {
  const lifetime = needs.gateway.lifetimes.signIn;
  // The time in front lets later ones sort behind earlier ones.
  const secret = `${sortableTime(needs.now())}.${randomSecret()}`;
  const content: Transaction = { request: authorization, expiresAt: needs.now() + lifetime };
  const transaction = await sealState(needs, "consent", hashOf(secret), content);
  return {
    transaction,
    cookies: [...pushedOut(request).map(expireCookie), setCookie(cookieName(transaction), secret, lifetime)],
  };
}

/** @returns the names of the cookies that have to go for one more */
function pushedOut(request: Request): string[] {
  return [...readCookies(request)]
    .filter(([name]) => COOKIE.test(name))
    .sort(([, a], [, b]) => (a > b ? -1 : 1))
    .slice(PAGE_LIMIT - 1)
    .map(([name]) => name);
}

/**
 * Opens what a consent form carried.
 *
 * @returns undefined when it is not this browser's, was altered, or is too old
 * @throws KeyError or StoreError when its key cannot be had now
 */
export async function openTransaction(
  needs: Pick<Needs, "keys" | "now">,
  request: Request,
  transaction: string,
): Promise<AuthorizationRequest | undefined> {
  const secret = readCookies(request).get(cookieName(transaction));
  if (!secret) return undefined;
  return (await openLiveState<Transaction>(needs, "consent", hashOf(secret), transaction))?.request;
}

/** @returns the cookie that takes a page's out of the browser: its form works once */
export function endTransaction(transaction: string): string {
  return expireCookie(cookieName(transaction));
}

/** A page's cookie is found by what the page's form carries. */
function cookieName(transaction: string): string {
  return `consent-${hashOf(transaction)}`;
}
