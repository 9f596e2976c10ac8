import type { Explanation, OAuthError } from "../errors.ts";
import { noticePage } from "./notice-page.ts";
import type { Presentation } from "./presentation.ts";

/** What these do not say themselves stands in the error. */
const WITH_DETAIL = new Set<Explanation | undefined>([undefined, "entraRefused"]);

/**
 * The page of an error on the way to the account page, or on it.
 *
 * @param back the account page's URL
 */
export function accountRefusalPage(
  presentation: Presentation,
  error: Pick<OAuthError, "code" | "description" | "explanation" | "status">,
  back: string,
  correlationId: string,
): Response {
  const { account, error: words } = presentation.language;
  const { explanation } = error;
  const unavailable = error.code === "temporarily_unavailable";
  const told = explanation === undefined ? account.cannotGoOn : words.explanations[explanation];
  return noticePage({
    presentation,
    title: unavailable ? words.unavailableTitle : account.refusedTitle,
    text: unavailable ? account.waitAndTryAgain : told,
    ...(!unavailable && WITH_DETAIL.has(explanation) && { detail: error.description }),
    link: { url: back, label: account.open },
    status: error.status === 401 ? 400 : error.status,
    correlationId,
  });
}
