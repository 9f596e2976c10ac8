import { errorPage } from "./error-page.ts";
import type { Presentation } from "./presentation.ts";

export interface DeniedEarlierPage {
  readonly presentation: Presentation;
  readonly clientName: string;
  /** Where the client awaits the answer. */
  readonly wayBack: string;
  /** The same request, to be decided anew. */
  readonly askAgain: string;
  readonly correlationId: string;
}

/** Tells a person that this browser still has their denial, and lets them decide anew. Nothing goes anywhere by itself. */
export function deniedEarlierPage(denied: DeniedEarlierPage): Response {
  const words = denied.presentation.language.deniedEarlier;
  return errorPage({
    presentation: denied.presentation,
    title: words.title,
    text: words.text,
    status: 403,
    correlationId: denied.correlationId,
    wayBack: { clientName: denied.clientName, url: denied.wayBack },
    another: { label: words.decideAnew, url: denied.askAgain },
  });
}
