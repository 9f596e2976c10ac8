import type { ResolvedServer } from "../../../config/resolve.ts";
import { errorPage } from "./error-page.ts";
import { allOf } from "./languages/list.ts";
import type { Presentation } from "./presentation.ts";

interface DeniedEarlierPage {
  readonly presentation: Presentation;
  readonly clientName: string;
  readonly servers: readonly ResolvedServer[];
  /** Where the client awaits the answer. */
  readonly wayBack: string;
  /** The same request, to be decided anew. */
  readonly askAgain: string;
  readonly correlationId: string;
}

/** Tells a person that this browser still has their denial, and lets them decide anew. Nothing goes anywhere by itself. */
export function deniedEarlierPage(denied: DeniedEarlierPage): Response {
  const { language, text } = denied.presentation;
  const words = language.deniedEarlier;
  const titles = allOf(
    language,
    denied.servers.map((server) => text(server.title)),
  );
  return errorPage({
    presentation: denied.presentation,
    title: words.title,
    text: words.text(titles),
    status: 403,
    correlationId: denied.correlationId,
    wayBack: { clientName: denied.clientName, url: denied.wayBack },
    another: { label: words.decideAnew, url: denied.askAgain },
  });
}
