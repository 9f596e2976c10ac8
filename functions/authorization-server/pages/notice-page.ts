import { html } from "./html.ts";
import { page } from "./page.ts";

export interface NoticePage {
  readonly gatewayName: string;
  readonly title: string;
  /** What happened, and what the person can do. */
  readonly text: string;
  /** Where to go on. */
  readonly link: { readonly url: string; readonly label: string };
  readonly status: number;
  /** Lets an operator find the request in the log, where something went wrong. */
  readonly correlationId?: string;
}

/** Tells a person one thing, and leads on. */
export function noticePage({ gatewayName, title, text, link, status, correlationId }: NoticePage): Response {
  return page({
    gatewayName,
    title,
    status,
    body: html`
<p>${text}</p>
<p><a class="button primary" href="${link.url}">${link.label}</a></p>
${correlationId !== undefined && html`<p class="quiet">If you ask for help, quote <code>${correlationId}</code>.</p>`}
`,
  });
}
