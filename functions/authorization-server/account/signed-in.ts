import { hasHash, hashOf, randomId, randomSecret } from "../crypto/secrets.ts";
import type { Dependencies } from "../dependencies.ts";
import { type BrowserState, openLiveState, sealState } from "../oauth/sign-in/browser-state/sealed-state.ts";
import type { Outcome } from "../pages/account-page.ts";
import { expireCookie, readCookies, setCookie } from "../pages/cookies.ts";
import type { SignedInPerson } from "../upstream/page-sign-in.ts";
import { OPERATOR_ROLE } from "./operator-role.ts";

/** A person who is signed in to their page. All of it lives in the browser, sealed; no token of Entra's is in it. */
export interface SignedIn extends BrowserState {
  readonly tenantId: string;
  readonly objectId: string;
  readonly name: string;
  readonly isOperator: boolean;
  /** Stands in every form of the page (cross-site request forgery). */
  readonly formToken: string;
  /** What the last form did, for the next page to say, once. */
  readonly outcome?: Outcome;
}

/** Nothing ends it earlier but the browser, so it is short: Entra signs a person in again without a question. */
const LIFETIME_SECONDS = 900;

/** Together with the rest, safely within the 4096 bytes that a browser takes of a cookie. */
const LONGEST_NAME = 100;

const COOKIE = "account";

type Needs = Pick<Dependencies, "keys" | "now">;

/** @returns the cookie that signs a person in, who came back from Entra just now */
export function signInCookie(needs: Needs, person: SignedInPerson): Promise<string> {
  return signedInCookie(needs, {
    tenantId: person.tenantId,
    objectId: person.objectId,
    name: [...person.name].slice(0, LONGEST_NAME).join(""),
    isOperator: person.roles.includes(OPERATOR_ROLE),
    formToken: randomSecret(),
    expiresAt: needs.now() + LIFETIME_SECONDS,
  });
}

/** @returns the cookie that keeps a person signed in, until the moment at which it was to end anyway */
export async function signedInCookie(needs: Needs, signedIn: SignedIn): Promise<string> {
  const id = randomId();
  const sealed = await sealState(needs, "account", id, signedIn);
  return setCookie(COOKIE, `${id}.${sealed}`, signedIn.expiresAt - needs.now());
}

/** @returns the cookie that signs a person out */
export function signOutCookie(): string {
  return expireCookie(COOKIE);
}

/**
 * @returns who is signed in to their page in this browser; undefined when nobody is, or no longer
 * @throws KeyError or StoreError when the cookie's key cannot be had now
 */
export async function readSignedIn(needs: Needs, request: Request): Promise<SignedIn | undefined> {
  const [, id = "", sealed] = /^([\w-]{22})\.(.+)$/.exec(readCookies(request).get(COOKIE) ?? "") ?? [];
  return openLiveState<SignedIn>(needs, "account", id, sealed);
}

/** @returns whether a form came from a page that this very sign-in was shown */
export function hasFormToken(signedIn: SignedIn, given: string | undefined): boolean {
  return given !== undefined && hasHash(given, hashOf(signedIn.formToken));
}
