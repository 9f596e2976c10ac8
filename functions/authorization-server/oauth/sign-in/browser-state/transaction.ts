import { seal, unsealIfOurs } from "../../../crypto/seal.ts";
import { hashOf, randomSecret } from "../../../crypto/secrets.ts";
import type { Dependencies } from "../../../dependencies.ts";
import { expireCookie, readCookies, setCookie } from "../../../pages/cookies.ts";
import type { AuthorizationRequest } from "../authorization-request.ts";
import { sortableTime } from "./sortable-time.ts";

interface Transaction {
  readonly request: AuthorizationRequest;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** More consent pages than this at once in one browser push out the oldest, so that the cookies stay bounded. */
const PAGE_LIMIT = 10;

const COOKIE = /^consent-[\w-]{43}$/;

type Needs = Pick<Dependencies, "gateway" | "keys" | "now">;

/**
 * Seals a checked request into the consent form. It opens only together with a cookie of this browser, so the form cannot
 * be sent from elsewhere (cross-site request forgery), and its content cannot be changed. Each page has a cookie of its
 * own: of two that are opened at the same moment, neither request brings the other's.
 *
 * @returns what the form carries, and the cookies to set
 */
export async function startTransaction(
  { gateway, keys, now }: Needs,
  request: Request,
  authorization: AuthorizationRequest,
) {
  const lifetime = gateway.lifetimes.signIn;
  // The time in front lets later ones sort behind earlier ones.
  const secret = `${sortableTime(now())}.${randomSecret()}`;
  const content: Transaction = { request: authorization, expiresAt: now() + lifetime };
  const transaction = await seal(keys, "consent", hashOf(secret), JSON.stringify(content));
  return {
    transaction,
    cookies: [...pushedOut(request).map(expireCookie), setCookie(cookieName(transaction), secret, lifetime)],
  };
}

/** @returns the names of the cookies that have to go for one more, the oldest first */
function pushedOut(request: Request): string[] {
  const others = [...readCookies(request)]
    .filter(([name]) => COOKIE.test(name))
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .map(([name]) => name);
  return others.slice(0, Math.max(0, others.length + 1 - PAGE_LIMIT));
}

/**
 * Opens what a consent form carried.
 *
 * @returns undefined when it is not this browser's, was altered, or is too old
 * @throws KeyError or StoreError when its key cannot be had now
 */
export async function openTransaction(
  { keys, now }: Pick<Needs, "keys" | "now">,
  request: Request,
  transaction: string,
): Promise<AuthorizationRequest | undefined> {
  const secret = readCookies(request).get(cookieName(transaction));
  if (!secret) return undefined;
  const opened = await unsealIfOurs(keys, "consent", hashOf(secret), transaction);
  if (opened === undefined) return undefined;
  const { request: authorization, expiresAt } = JSON.parse(opened) as Transaction;
  return expiresAt > now() ? authorization : undefined;
}

/** @returns the cookie that takes a page's out of the browser: its form works once */
export function endTransaction(transaction: string): string {
  return expireCookie(cookieName(transaction));
}

/** A page's cookie is found by what the page's form carries. */
function cookieName(transaction: string): string {
  return `consent-${hashOf(transaction)}`;
}
