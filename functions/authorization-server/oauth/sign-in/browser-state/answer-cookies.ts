import type { Wrapper } from "../../../../platform/endpoint.ts";
import { jweHeader } from "../../../crypto/jwe.ts";
import type { Dependencies } from "../../../dependencies.ts";
import { OAuthError } from "../../../errors.ts";
import { expireCookie, readCookies, setCookie } from "../../../pages/cookies.ts";
import type { EntraAnswer } from "../entra-answer.ts";
import { type BrowserState, openLiveState, sealState } from "./sealed-state.ts";
import { placeOf, SIGN_IN_ID } from "./sign-in-id.ts";

/**
 * Entra's answer on its way from `POST /callback` to `GET /callback`. Entra posts it from another site, and a browser sends no `Lax`
 * cookie with that; so the first request puts the answer into the browser, and the second one finds it there beside the sign-in that it
 * belongs to.
 *
 * Any web site can post an answer, and the first request cannot see which cookies are there. So there are two places and no more: what
 * is posted replaces an earlier answer, and never pushes out the cookie of a sign-in. Where an answer was replaced before it was used,
 * Entra is asked again.
 */
const PLACES = ["entra-answer-0", "entra-answer-1"] as const;

/**
 * Characters in one cookie. The longest code that was reported (2,319 characters) takes 2,660; a much longer one takes both places. How this
 * fits into a request: docs/decisions/0004-sign-in-lives-in-the-browser.md, and cookies.test.ts, which counts.
 */
const LONGEST_PIECE = 3300;

/** In seconds. The browser follows the redirect immediately. */
const LIFETIME = 60;

/** `state` of a client's sign-in, or of one to the account page. */
const STATE = new RegExp(`^(?:account\\.)?${SIGN_IN_ID}$`);

interface KeptAnswer extends BrowserState {
  readonly answer: EntraAnswer;
}

type Needs = Pick<Dependencies, "keys" | "now">;

/** @returns whether it may be the `state` of one of our requests to Entra. The cookie of the sign-in decides whether it is this browser's */
export function canBeState(state: string): boolean {
  return STATE.test(state);
}

/**
 * @param state of our request to Entra
 * @returns the cookies that carry the answer to the second request
 * @throws KeyError or StoreError when there is no key to seal with now
 */
export async function answerCookies(needs: Needs, state: string, answer: EntraAnswer): Promise<string[]> {
  const kept: KeptAnswer = { answer, expiresAt: needs.now() + LIFETIME };
  const sealed = await sealState(needs, "entra-answer", state, kept);
  if (sealed.length < LONGEST_PIECE) return [setCookie(PLACES[placeOf(state)], sealed, LIFETIME)];
  const pieces = [sealed.slice(0, LONGEST_PIECE), sealed.slice(LONGEST_PIECE)];
  return PLACES.map((place, index) => setCookie(place, pieces[index] ?? "", LIFETIME));
}

/**
 * @returns the answer to a `state`; undefined when this browser did not bring it, or brought it too late
 * @throws KeyError or StoreError when its key cannot be had now
 */
export async function openAnswer(
  needs: Needs,
  request: Request,
  state: string,
): Promise<EntraAnswer | undefined> {
  const { sealed } = answerIn(request, state);
  return (await openLiveState<KeptAnswer>(needs, "entra-answer", state, sealed))?.answer;
}

/** For a sign-in whose answer was lost again. Another sign-in can replace one answer, but not both. */
export function answerLost(): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    "The browser did not keep the answer of Microsoft Entra ID.",
    {
      reason: "answer_lost",
    },
  );
}

/** Takes the answer out of the browser: it works once, whatever comes of it. The answer to another sign-in stays. */
export const takingAnswerOut: Wrapper = (endpoint) => async (request, call) => {
  const response = await endpoint(request, call);
  const state = new URL(request.url).searchParams.get("state") ?? "";
  for (const place of answerIn(request, state).places) {
    response.headers.append("set-cookie", expireCookie(place));
  }
  return response;
};

/** Finds the places that the answer to a `state` takes. What a seal belongs to can be read without its key. */
function answerIn(
  request: Request,
  state: string,
): { readonly places: readonly string[]; readonly sealed?: string } {
  const cookies = readCookies(request);
  const [first, second] = PLACES.map((place) => cookies.get(place) ?? "") as [string, string];
  if (first.length === LONGEST_PIECE && recordOf(first) === state) {
    return { places: PLACES, sealed: first + second };
  }
  const place = PLACES[placeOf(state)];
  const sealed = cookies.get(place);
  return sealed !== undefined && recordOf(sealed) === state ? { places: [place], sealed } : { places: [] };
}

function recordOf(sealed: string): unknown {
  try {
    return jweHeader(sealed)["sub"];
  } catch {
    return undefined;
  }
}
