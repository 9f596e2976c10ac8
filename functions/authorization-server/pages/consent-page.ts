import type { ResolvedServer } from "../../../config/resolve.ts";
import { isLoopbackRedirect } from "../../../config/rules/redirect-uri.ts";
import type { Client } from "../clients/client.ts";
import { type Html, html } from "./html.ts";
import { durationIn } from "./languages/duration.ts";
import type { Language } from "./languages/language.ts";
import { allOf } from "./languages/list.ts";
import { namedClient } from "./named-client.ts";
import { page } from "./page.ts";
import { DECISION_FORM, permissionLists, type RequestedPermissions } from "./permission-lists.ts";
import type { Presentation } from "./presentation.ts";

export interface ConsentPage extends RequestedPermissions {
  readonly client: Client;
  /** Set when the client asked for no server, and the server is our choice. */
  readonly resourceLeftOut?: true | undefined;
  readonly redirectUri: string;
  /** For how many seconds this browser may remember what the person decides, if they want that. */
  readonly memory: { readonly allow?: number; readonly deny?: number };
  /** The sealed request, for the form. */
  readonly transaction: string;
  readonly cookies: readonly string[];
}

/**
 * Asks a person whether a client may use MCP servers on their behalf. What the client says of itself is set apart from
 * our own words; where the answer goes is what we know.
 */
export function consentPage(consent: ConsentPage): Response {
  const { presentation, client, servers, redirectUri, transaction, cookies } = consent;
  const { language, text } = presentation;
  const words = language.consent;
  const titles = allOf(
    language,
    servers.map((server) => text(server.title)),
  );
  return page({
    presentation,
    title: words.question(titles),
    cookies,
    body: html`
${consent.resourceLeftOut && servers.map((server) => chosenServer(presentation, server))}
${namedClient(language, client.name, client.origin === "configured")}
<h2>${words.ifAllowed}</h2>
${permissionLists(consent)}
<dl>
${servers.map((server) => html`<div><dt>${words.server}</dt><dd>${text(server.title)}<small>${server.resource}</small></dd></div>`)}
<div><dt>${words.answerGoesTo}</dt><dd>${destination(language, redirectUri)}</dd></div>
${client.uri && html`<div><dt>${words.publishedBy}</dt><dd>${new URL(client.uri).host}</dd></div>`}
</dl>
${warning(language, client, redirectUri)}
<form id="${DECISION_FORM}" method="post" action="/consent" class="decision">
<input type="hidden" name="transaction" value="${transaction}">
${remember(language, consent.memory)}
<button class="primary" name="decision" value="allow">${words.allow}</button>
<button name="decision" value="deny">${words.deny}</button>
</form>
<p class="quiet">${words.whatComesNext}</p>
`,
  });
}

/** The client may have been sent here by another MCP server, to bring that one our access token (RFC 8707 §3). */
function chosenServer({ language: { consent: words }, text }: Presentation, server: ResolvedServer): Html {
  return html`<p class="note" role="note"><strong>${words.serverNotNamed}</strong>
${words.serverChosen(text(server.title), server.resource)}</p>`;
}

/** Asks whether to remember the decision; says nothing where it cannot be. */
function remember(language: Language, { allow, deny }: ConsentPage["memory"]): Html | undefined {
  const words = language.consent;
  const [allowed, denied] = [allow, deny].map((seconds) => seconds && durationIn(language, seconds));
  const label =
    allowed && denied
      ? words.rememberAnswer(allowed, denied)
      : allowed
        ? words.rememberApproval(allowed)
        : denied && words.rememberDenial(denied);
  return label
    ? html`<label><input type="checkbox" name="remember" value="yes"><span>${label}</span></label>`
    : undefined;
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
function provenance({ consent: words }: Language, { uri }: Client): string {
  return uri === undefined ? words.unverifiedName : words.verifiedPublisher(new URL(uri).host);
}
