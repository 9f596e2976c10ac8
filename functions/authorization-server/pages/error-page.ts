import type { OAuthError } from "../errors.ts";
import { clientNameInText } from "./client-name.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";
import type { Presentation } from "./presentation.ts";

export interface ErrorPage {
  readonly presentation: Presentation;
  readonly title: string;
  /** What happened, and what the person can do. */
  readonly text: string | Html;
  /** What the client's developer can do about it: code and description of the OAuth error, in English. */
  readonly forTheDeveloper?: string | undefined;
  readonly status: number;
  /** Lets an operator find the request in the log. */
  readonly correlationId: string;
  /** Where the client awaits its own answer to this. */
  readonly wayBack?: { readonly clientName: string; readonly url: string };
  /** Another way on, on our own pages. */
  readonly another?: { readonly label: string; readonly url: string };
  readonly cookies?: readonly string[];
}

/** Tells a person what went wrong. */
export function errorPage(error: ErrorPage): Response {
  const words = error.presentation.language.error;
  return page({
    presentation: error.presentation,
    title: error.title,
    status: error.status,
    cookies: error.cookies ?? [],
    body: html`
<p>${error.text}</p>
${error.forTheDeveloper && html`<p>${words.forTheDeveloper} <code lang="en" dir="ltr">${error.forTheDeveloper}</code></p>`}
${error.wayBack && html`<p><a class="button primary" href="${error.wayBack.url}">${words.backTo(html`<bdi>${clientNameInText(error.wayBack.clientName, error.presentation.language)}</bdi>`)}</a></p>`}
${error.another && html`<p><a class="button" href="${error.another.url}">${error.another.label}</a></p>`}
<p class="quiet">${words.quoteForHelp(html`<code>${error.correlationId}</code>`)}</p>
`,
  });
}

/** The page of an OAuth error that goes to no client. What it says is the language's, not the error's description. */
export function refusalPage(
  presentation: Presentation,
  error: Pick<OAuthError, "code" | "description" | "explanation" | "status">,
  correlationId: string,
): Response {
  const words = presentation.language.error;
  const told = { presentation, correlationId, status: error.status === 401 ? 400 : error.status };
  if (error.code === "temporarily_unavailable") {
    return errorPage({ ...told, title: words.unavailableTitle, text: words.waitAndStartAgain });
  }
  if (error.explanation !== undefined) {
    return errorPage({ ...told, title: words.title, text: words.explanations[error.explanation] });
  }
  return errorPage({
    ...told,
    title: words.title,
    text: words.faultyRequest,
    forTheDeveloper: `${error.code}: ${error.description}`,
  });
}
