import type { ResolvedServer } from "../../../config/resolve.ts";
import type { Client } from "../clients/client.ts";
import { isLoopbackRedirect } from "../clients/redirect-uri.ts";
import { clientNameInText } from "./client-name.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./languages/language.ts";
import { allOf } from "./languages/list.ts";
import { page } from "./page.ts";
import type { Presentation } from "./presentation.ts";

export interface ConsentPage {
  readonly presentation: Presentation;
  readonly client: Client;
  /** Those that the client asked for. */
  readonly servers: readonly ResolvedServer[];
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  /** The sealed request, for the form. */
  readonly transaction: string;
  readonly cookies: readonly string[];
}

/**
 * Asks a person whether a client may use MCP servers in their name. What the client says of itself is set apart from
 * our own words; where the answer goes is what we know.
 */
export function consentPage(consent: ConsentPage): Response {
  const { presentation, client, servers, redirectUri, transaction, cookies } = consent;
  const { language, text } = presentation;
  const words = language.consent;
  const name = clientNameInText(client.name);
  const titles = allOf(
    language,
    servers.map((server) => text(server.title)),
  );
  return page({
    presentation,
    title: words.question(html`${name}`, titles),
    // A name written from right to left must not turn the sentence around.
    heading: words.question(html`<bdi>${name}</bdi>`, titles),
    cookies,
    body: html`
<h2>${words.ifAllowed}</h2>
<ul role="list">
${servers.map((server) => permissions(presentation, server, consent.scopes, servers.length > 1))}
${consent.scopes.includes("offline_access") && html`<li>${words.stayConnected}</li>`}
</ul>
<dl>
${servers.map((server) => html`<div><dt>${words.server}</dt><dd>${text(server.title)}<small>${server.resource}</small></dd></div>`)}
<div><dt>${words.answerGoesTo}</dt><dd>${destination(language, redirectUri)}</dd></div>
${client.uri && html`<div><dt>${client.origin === "document" ? words.publishedBy : words.saysItIsFrom}</dt><dd>${new URL(client.uri).host}</dd></div>`}
</dl>
${warning(language, client, redirectUri)}
<form method="post" action="/consent">
<input type="hidden" name="transaction" value="${transaction}">
<button class="primary" name="decision" value="allow">${words.allow}</button>
<button name="decision" value="deny">${words.deny}</button>
</form>
<p class="quiet">${words.whatComesNext}</p>
`,
  });
}

/** What the granted scopes mean at one server, which is named where there are others. */
function permissions(
  { language, text }: Presentation,
  server: ResolvedServer,
  scopes: readonly string[],
  named: boolean,
): Html {
  const granted = server.scopes
    .filter((scope) => scopes.includes(scope.name))
    .map((scope) => text(scope.description))
    .map((permission) =>
      named ? language.consent.permissionAt(text(server.title), permission) : permission,
    );
  return html`${granted.map((permission) => html`<li>${permission}</li>`)}`;
}

/** The host for a web address, the scheme for an application on the device; never the whole, which may be made to mislead. */
function destination({ consent: words }: Language, redirectUri: string): Html {
  const { protocol, host } = new URL(redirectUri);
  if (isLoopbackRedirect(redirectUri))
    return html`<strong>${words.programOnThisDevice}</strong><small>${host}</small>`;
  if (protocol === "https:") return html`<strong>${host}</strong>`;
  return html`<strong>${words.applicationOnThisDevice}</strong><small>${protocol}</small>`;
}

function warning(language: Language, client: Client, redirectUri: string): Html | undefined {
  if (client.origin === "configured") return undefined;
  const words = language.consent;
  const { protocol, host } = new URL(redirectUri);
  return html`<p class="note" role="note"><strong>${words.onlyIfYouStartedIt}</strong>
${provenance(language, client)} ${protocol === "https:" ? words.knowTheHost(host) : words.knowTheProgram}</p>`;
}

/** What was verified of a client that nobody entered by hand, and what was not. */
function provenance({ consent: words }: Language, { origin, uri }: Client): string {
  return origin === "document" && uri !== undefined
    ? words.verifiedPublisher(new URL(uri).host)
    : words.unverifiedName;
}
