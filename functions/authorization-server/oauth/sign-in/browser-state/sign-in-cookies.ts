import type { Dependencies } from "../../../dependencies.ts";
import { expireCookie, readCookies, setCookie } from "../../../pages/cookies.ts";
import { type BrowserState, openState, sealState } from "./sealed-state.ts";
import { SIGN_IN_ID } from "./sign-in-id.ts";

type Needs = Pick<Dependencies, "keys" | "now">;

/**
 * The cookies of sign-ins under way, one for each. Beyond a limit a new one pushes out the oldest, so that cookies stay bounded.
 *
 * @param most cookies
 * @param mostCharacters of names and values
 */
export function signInCookies<T extends BrowserState>(
  purpose: "sign-in" | "account-sign-in",
  { most, mostCharacters = Number.POSITIVE_INFINITY }: { most: number; mostCharacters?: number },
) {
  const pattern = new RegExp(`^${purpose}-(${SIGN_IN_ID})$`);
  const nameOf = (id: string) => `${purpose}-${id}`;
  const newestFirst = (request: Request) =>
    [...readCookies(request)]
      .filter(([name]) => pattern.test(name))
      .sort()
      .reverse();
  return {
    /** @returns the IDs of this browser's sign-ins, the newest first */
    ids: (request: Request) => newestFirst(request).flatMap(([name]) => pattern.exec(name)?.[1] ?? []),

    /** @returns the cookies that put a sign-in into the browser, and those that push others out */
    async put(
      needs: Needs,
      request: Request,
      id: string,
      content: Omit<T, "expiresAt">,
      lifetime: number,
    ): Promise<string[]> {
      const state = { ...content, expiresAt: needs.now() + lifetime };
      const sealed = await sealState(needs, purpose, id, state);
      let count = 1;
      let characters = nameOf(id).length + sealed.length;
      const pushedOut = newestFirst(request).filter(([name, value]) => {
        count += 1;
        characters += name.length + value.length;
        return count > most || characters > mostCharacters;
      });
      return [...pushedOut.map(([name]) => expireCookie(name)), setCookie(nameOf(id), sealed, lifetime)];
    },

    /** @returns as {@link openState} */
    open: (needs: Pick<Needs, "keys">, request: Request, id: string) =>
      openState<T>(needs, purpose, id, readCookies(request).get(nameOf(id))),

    /** @returns the cookie that takes a sign-in out of the browser: it works once */
    end: (id: string) => expireCookie(nameOf(id)),
  };
}
