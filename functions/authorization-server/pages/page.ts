import { hash } from "node:crypto";
import { Html, html } from "./html.ts";
import { iconUri, mark } from "./mark.ts";
import type { Presentation } from "./presentation.ts";
import { styleSheet } from "./style.ts";

export interface Page {
  readonly presentation: Presentation;
  /** Title of the window and of the page, in our own words and the operator's. */
  readonly title: string;
  readonly body: Html;
  /** For what does not fit into the narrow column of a question. */
  readonly isWide?: boolean;
  readonly status?: number;
  /** `Set-Cookie` values. */
  readonly cookies?: readonly string[];
}

/** A page for a person: no script, no frame, no cache, nothing loaded from anywhere. */
export function page({
  presentation,
  title,
  body,
  isWide = false,
  status = 200,
  cookies = [],
}: Page): Response {
  const { gatewayName, branding, language } = presentation;
  const style = styleSheet(branding.color);
  const document = html`<!doctype html>
<html lang="${language.tag}" dir="${language.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} – ${gatewayName}</title>
<link rel="icon" href="${iconUri(branding.color)}">
<style>${new Html(style)}</style>
</head>
<body>
<div class="${isWide ? "card wide" : "card"}">
<header>${branding.logo === undefined ? mark : html`<img class="logo" src="${branding.logo}" alt="">`}<span>${gatewayName}</span></header>
<main>
<h1>${title}</h1>
${body}
</main>
${footer(presentation)}
</div>
</body>
</html>
`;
  const headers = new Headers({
    "content-type": "text/html; charset=utf-8",
    "content-language": language.tag,
    vary: "Accept-Language",
    "cache-control": "no-store",
    "content-security-policy": contentSecurityPolicy(style),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    // Not `no-referrer`: with it, browsers send `Origin: null` with our own form.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
  });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  // `Response` itself takes twice as long to encode a text.
  return new Response(Buffer.from(document.markup), { status, headers });
}

/** The operator's links, in a tab of their own: what is asked on the page stays open. */
function footer({ branding, language, text }: Presentation): Html | undefined {
  const { terms, privacy, support } = language.frame;
  const links = [
    { label: terms, url: branding.termsUrl },
    { label: privacy, url: branding.privacyUrl },
    { label: support, url: branding.supportUrl },
  ].flatMap(({ label, url }) =>
    url === undefined
      ? []
      : [html`<a href="${text(url)}" target="_blank" rel="noopener noreferrer">${label}</a>`],
  );
  return links.length === 0 ? undefined : html`<footer>${links}</footer>`;
}

/**
 * `form-action` is left out on purpose: Chromium applies it to the redirects after a form, and would block the way to a
 * client on loopback or a private-use scheme. The form's own target is fixed in our markup.
 */
function contentSecurityPolicy(style: string): string {
  const digest = hash("sha256", style, "base64");
  return `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; frame-ancestors 'none'`;
}
