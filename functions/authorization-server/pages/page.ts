import { createHash } from "node:crypto";
import { Html, html } from "./html.ts";
import { iconUri, mark } from "./mark.ts";
import { style } from "./style.ts";

const STYLE_HASH = createHash("sha256").update(style).digest("base64");

/**
 * `form-action` is left out on purpose: Chromium applies it to the redirects after a form, and would block the way to a
 * client on loopback or a private-use scheme. The form's own target is fixed in our markup.
 */
const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; base-uri 'none'; frame-ancestors 'none'`;

export interface Page {
  /** What the gateway calls itself, in the head of every page. */
  readonly gatewayName: string;
  /** Title of the window, and of the page where it has no heading of its own. */
  readonly title: string;
  readonly heading?: Html;
  readonly body: Html;
  /** For what does not fit into the narrow column of a question. */
  readonly isWide?: boolean;
  readonly status?: number;
  /** `Set-Cookie` values. */
  readonly cookies?: readonly string[];
}

/** A page for a person: no script, no frame, no cache, nothing loaded from anywhere. */
export function page({
  gatewayName,
  title,
  heading,
  body,
  isWide = false,
  status = 200,
  cookies = [],
}: Page): Response {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} – ${gatewayName}</title>
<link rel="icon" href="${iconUri}">
<style>${new Html(style)}</style>
</head>
<body>
<div class="${isWide ? "card wide" : "card"}">
<header>${mark}<span>${gatewayName}</span></header>
<main>
<h1>${heading ?? title}</h1>
${body}
</main>
</div>
</body>
</html>
`;
  const headers = new Headers({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    // Not `no-referrer`: with it, browsers send `Origin: null` with our own form.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
  });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(document.markup, { status, headers });
}
