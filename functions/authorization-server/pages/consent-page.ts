import type { ResolvedServer } from "../../../config/resolve.ts";
import type { Client } from "../clients/client.ts";
import { isLoopbackRedirect } from "../clients/redirect-uri.ts";
import { clientNameInText } from "./client-name.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";

export interface ConsentPage {
  readonly gatewayName: string;
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
  const { gatewayName, client, servers, redirectUri, transaction, cookies } = consent;
  const name = clientNameInText(client.name);
  const titles = new Intl.ListFormat("en").format(servers.map((server) => server.title));
  return page({
    gatewayName,
    title: `Allow “${name}” to use ${titles}?`,
    // A name written from right to left must not turn the sentence around.
    heading: html`Allow “<bdi>${name}</bdi>” to use ${titles}?`,
    cookies,
    body: html`
<h2>If you allow this, it can</h2>
<ul role="list">
${servers.map((server) => permissions(server, consent.scopes, servers.length > 1))}
${consent.scopes.includes("offline_access") && html`<li>stay connected when you are not there, until you or your administrator end it</li>`}
</ul>
<dl>
${servers.map((server) => html`<div><dt>Server</dt><dd>${server.title}<small>${server.resource}</small></dd></div>`)}
<div><dt>Answer goes to</dt><dd>${destination(redirectUri)}</dd></div>
${client.uri && html`<div><dt>${client.origin === "document" ? "Published by" : "Says it is from"}</dt><dd>${new URL(client.uri).host}</dd></div>`}
</dl>
${warning(client, redirectUri)}
<form method="post" action="/consent">
<input type="hidden" name="transaction" value="${transaction}">
<button class="primary" name="decision" value="allow">Allow and sign in</button>
<button name="decision" value="deny">Deny</button>
</form>
<p class="quiet">Next, Microsoft Entra ID asks you to sign in. The application sees neither your password nor your Microsoft tokens.</p>
`,
  });
}

/** What the granted scopes mean at one server, which is named where there are others. */
function permissions(server: ResolvedServer, scopes: readonly string[], named: boolean): Html {
  const granted = server.scopes.filter((scope) => scopes.includes(scope.name));
  return html`${granted.map((scope) => html`<li>${named && html`${server.title}: `}${scope.description}</li>`)}`;
}

/** The host for a web address, the scheme for an application on the device; never the whole, which may be made to mislead. */
function destination(redirectUri: string): Html {
  const { protocol, host } = new URL(redirectUri);
  if (isLoopbackRedirect(redirectUri))
    return html`<strong>a program on this device</strong><small>${host}</small>`;
  if (protocol === "https:") return html`<strong>${host}</strong>`;
  return html`<strong>an application on this device</strong><small>${protocol}</small>`;
}

function warning(client: Client, redirectUri: string): Html | undefined {
  if (client.origin === "configured") return undefined;
  const { protocol, host } = new URL(redirectUri);
  return html`<p class="note" role="note"><strong>Only allow this if you just started it yourself.</strong>
${provenance(client)} ${
    protocol === "https:"
      ? html`Be sure that you know ${host}, where the answer goes.`
      : "The answer goes to a program on the device in front of you; be sure that it is yours."
  }</p>`;
}

/** What was verified of a client that nobody entered by hand, and what was not. */
function provenance({ origin, uri }: Client): Html | string {
  return origin === "document" && uri !== undefined
    ? html`We verified that ${new URL(uri).host} publishes this application. It chose its own name, and nobody has verified that.`
    : "The application chose its own name, and nobody has verified it.";
}
