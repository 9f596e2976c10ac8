import { html } from "./html.ts";
import { page } from "./page.ts";
import type { Presentation } from "./presentation.ts";

interface NoticePage {
  readonly presentation: Presentation;
  readonly title: string;
  /** What happened, and what the person can do. */
  readonly text: string;
  /** More of it, in English. */
  readonly detail?: string;
  /** Where to go on. */
  readonly link: { readonly url: string; readonly label: string };
  readonly status: number;
  /** Lets an operator find the request in the log, where something went wrong. */
  readonly correlationId?: string;
}

/** Tells a person one thing, and leads on. */
export function noticePage(notice: NoticePage): Response {
  const { presentation, title, text, detail, link, status, correlationId } = notice;
  const words = presentation.language.error;
  return page({
    presentation,
    title,
    status,
    body: html`
<p>${text}</p>
${detail !== undefined && html`<p><code lang="en" dir="ltr">${detail}</code></p>`}
<p><a class="button primary" href="${link.url}">${link.label}</a></p>
${correlationId !== undefined && html`<p class="quiet">${words.quoteForHelp(html`<code>${correlationId}</code>`)}</p>`}
`,
  });
}
