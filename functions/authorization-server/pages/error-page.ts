import type { OAuthError } from "../errors.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./languages/language.ts";
import { namedClient } from "./named-client.ts";
import { page } from "./page.ts";
import type { Presentation } from "./presentation.ts";

interface ErrorPage {
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
  readonly wayBack?: WayBack;
  /** Another way on, on our own pages. */
  readonly another?: { readonly label: string; readonly url: string };
  readonly cookies?: readonly string[];
  /** Seconds after which it makes sense to start again. */
  readonly retryAfter?: number;
}

/** A link that brings the client its answer. */
interface WayBack {
  readonly clientName: string;
  readonly url: string;
  /** Where it leads, for a person who was not told before: to a host, or to whatever application a scheme (`acme:`) opens. */
  readonly leadsTo?: { readonly host: string } | { readonly scheme: string };
}

/** Tells a person what went wrong. */
export function errorPage(error: ErrorPage): Response {
  const words = error.presentation.language.error;
  const response = page({
    presentation: error.presentation,
    title: error.title,
    status: error.status,
    cookies: error.cookies ?? [],
    body: html`
<p>${error.text}</p>
${error.forTheDeveloper && html`<p>${words.forTheDeveloper} <code lang="en" dir="ltr">${error.forTheDeveloper}</code></p>`}
${error.wayBack?.leadsTo && html`<p>${whereItLeads(words, error.wayBack.leadsTo)}</p>`}
${error.wayBack && namedClient(error.presentation.language, error.wayBack.clientName)}
${error.wayBack && html`<p><a class="button primary" href="${error.wayBack.url}">${words.backToClient}</a></p>`}
${error.another && html`<p><a class="button" href="${error.another.url}">${error.another.label}</a></p>`}
<p class="quiet">${words.quoteForHelp(html`<code>${error.correlationId}</code>`)}</p>
`,
  });
  if (error.retryAfter !== undefined) response.headers.set("retry-after", String(error.retryAfter));
  return response;
}

function whereItLeads(words: Language["error"], target: NonNullable<WayBack["leadsTo"]>): Html {
  return "host" in target
    ? words.linkLeadsTo(html`<strong>${target.host}</strong>`)
    : words.linkOpens(html`<strong>${target.scheme}</strong>`);
}

/**
 * The page of an OAuth error. What it says is the language's, not the error's description.
 *
 * @param wayBack where a client is to hear of it, too
 */
export function refusalPage(
  presentation: Presentation,
  error: Pick<OAuthError, "code" | "description" | "explanation" | "retryAfter" | "status">,
  correlationId: string,
  wayBack?: WayBack,
): Response {
  const words = presentation.language.error;
  const told = {
    presentation,
    correlationId,
    status: error.status === 401 ? 400 : error.status,
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    ...(wayBack && { wayBack }),
  };
  const explained = error.explanation && words.explanations[error.explanation];
  if (error.code === "temporarily_unavailable") {
    return errorPage({ ...told, title: words.unavailableTitle, text: explained ?? words.waitAndStartAgain });
  }
  return errorPage({
    ...told,
    title: words.title,
    text: explained ?? words.faultyRequest,
    ...(explained === undefined || error.explanation === "documentFaulty"
      ? { forTheDeveloper: `${error.code}: ${error.description}` }
      : {}),
  });
}
