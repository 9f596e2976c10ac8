import { clientNameInText } from "./client-name.ts";
import { html } from "./html.ts";
import { page } from "./page.ts";

export interface ErrorPage {
  readonly gatewayName: string;
  readonly title: string;
  /** What happened, and what the person can do. */
  readonly text: string;
  readonly status: number;
  /** Lets an operator find the request in the log. */
  readonly correlationId: string;
  /** Where the client awaits its own answer to this. */
  readonly wayBack?: { readonly clientName: string; readonly url: string };
  readonly cookies?: readonly string[];
  /** Seconds after which it makes sense to start again. */
  readonly retryAfter?: number;
}

/** Tells a person what went wrong. */
export function errorPage(error: ErrorPage): Response {
  const response = page({
    gatewayName: error.gatewayName,
    title: error.title,
    status: error.status,
    cookies: error.cookies ?? [],
    body: html`
<p>${error.text}</p>
${error.wayBack && html`<p><a class="button primary" href="${error.wayBack.url}">Back to <bdi>${clientNameInText(error.wayBack.clientName)}</bdi></a></p>`}
<p class="quiet">If you ask for help, quote <code>${error.correlationId}</code>.</p>
`,
  });
  if (error.retryAfter !== undefined) response.headers.set("retry-after", String(error.retryAfter));
  return response;
}
