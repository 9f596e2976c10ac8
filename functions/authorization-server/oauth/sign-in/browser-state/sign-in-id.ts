import { hashOf, randomId } from "../../../crypto/secrets.ts";
import { readCookies } from "../../../pages/cookies.ts";

/** Source of a pattern for a sign-in's ID: the time at which the sign-in began, so that IDs sort by time, and random bits. */
export const SIGN_IN_ID = "[0-9a-z]{1,12}\\.[\\w-]{22}";

/** A cookie of a client's sign-in, or of one to the account page. */
const COOKIE = new RegExp(`^(?:account-)?sign-in-(${SIGN_IN_ID})$`);

/**
 * @param now seconds since 1970
 * @param request whose browser the sign-in is for
 * @param transaction what the form carried that began the sign-in, by which {@link isBegunBy} finds it again
 * @returns an ID for a new sign-in, which is also `state` towards Entra; later ones sort behind earlier ones. Entra's answers to it and to
 *   the newest other one in the browser lie in different places, so that neither replaces the other.
 */
export function newSignInId(now: number, request: Request, transaction?: string): string {
  const others = [...readCookies(request).keys()].flatMap((name) => COOKIE.exec(name)?.[1] ?? []);
  const newest = others.sort().at(-1);
  for (;;) {
    const random = randomId();
    const name = transaction === undefined ? random : `${shortHash(transaction)}${random.slice(0, 2)}`;
    const id = `${sortableTime(now)}.${name}`;
    if (newest === undefined || placeOf(id) !== placeOf(newest)) return id;
  }
}

/** @returns whether a consent form began the sign-in */
export function isBegunBy(transaction: string, id: string): boolean {
  return id.slice(-22, -2) === shortHash(transaction);
}

/** @returns in which of two places the answer to a sign-in lies: 0 or 1. Sign-ins that begin one after the other take turns. */
export function placeOf(id: string): 0 | 1 {
  // Every value of the second-last character is as likely as another; the last one has no more than four.
  return (id.charCodeAt(id.length - 2) & 1) as 0 | 1;
}

/**
 * A text that sorts by time, for the names of a browser's cookies, because the oldest has to go first.
 *
 * @param now seconds since 1970; several of one second are told apart by the millisecond
 */
export function sortableTime(now: number): string {
  return `${now.toString(36)}${String(Date.now() % 1000).padStart(3, "0")}`;
}

/** Two characters shorter than {@link randomId}, and as hard to guess: what a form carries is sealed with random bits. */
function shortHash(transaction: string): string {
  return hashOf(transaction).slice(0, 20);
}
