import type { ResolvedServer } from "../../../config/resolve.ts";
import type { Client } from "../clients/client.ts";
import { isLoopbackRedirect } from "../clients/redirect-uri.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";

export interface ConsentPage {
  readonly gatewayName: string;
  readonly client: Client;
  readonly server: ResolvedServer;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  /** The sealed request, for the form. */
  readonly transaction: string;
  readonly cookies: readonly string[];
}

/** Asks a person whether a client may use an MCP server in their name. */
export function consentPage(consent: ConsentPage): Response {
  const { gatewayName, client, server, redirectUri, transaction, cookies } = consent;
  const granted = server.scopes.filter((scope) => consent.scopes.includes(scope.name));
  return page({
    gatewayName,
    title: `Allow ${client.name} to use ${server.title}?`,
    cookies,
    body: html`
<dl>
<dt>Application</dt><dd><strong>${client.name}</strong></dd>
${client.uri && html`<dt>Its website</dt><dd>${new URL(client.uri).host}</dd>`}
<dt>Server</dt><dd>${server.title}<br><code>${server.resource}</code></dd>
<dt>Answer goes to</dt><dd>${destination(redirectUri)}</dd>
</dl>
${warning(client, redirectUri)}
<h2>If you allow it, ${client.name} can</h2>
<ul>
${granted.map((scope) => html`<li>${scope.description}</li>`)}
${consent.scopes.includes("offline_access") && html`<li>stay connected when you are not there, until you or your administrator end it</li>`}
</ul>
<form method="post" action="/consent">
<input type="hidden" name="transaction" value="${transaction}">
<button class="primary" name="decision" value="allow">Allow and sign in</button>
<button name="decision" value="deny">Deny</button>
</form>
<p class="quiet">Next, Microsoft Entra ID asks you to sign in. ${client.name} sees neither your password nor your Microsoft tokens.</p>
`,
  });
}

/** The host for a web address, the scheme for an application on the device; never the whole, which may be made to mislead. */
function destination(redirectUri: string): Html {
  const { protocol, host } = new URL(redirectUri);
  if (isLoopbackRedirect(redirectUri)) return html`a program on this device (<code>${host}</code>)`;
  if (protocol === "https:") return html`<code>${host}</code>`;
  return html`an application on this device (<code>${protocol}</code>)`;
}

function warning(client: Client, redirectUri: string): Html | undefined {
  if (client.origin === "configured") return undefined;
  const local = !redirectUri.startsWith("https:");
  return html`<p class="note" role="note"><strong>Only allow this if you just started it yourself.</strong>
The application gave its name itself, and nobody has verified it.${
    local && " The answer goes to a program on the device in front of you; be sure that it is yours."
  }</p>`;
}
