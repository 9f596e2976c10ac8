import { isLoopbackRedirect } from "../../../config/rules/redirect-uri.ts";
import { isDocumentId } from "../clients/metadata-document/document-clients.ts";
import { shownName } from "./client-name.ts";
import { type Granted, grantedPermissions, type RevocationForm, withdrawal } from "./granted-permissions.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./languages/language.ts";
import { isolated, wholeName } from "./named-client.ts";
import type { Presentation } from "./presentation.ts";
import { day, moment } from "./time.ts";

/** A client that a person allowed, with all its sessions. Times are in seconds since 1970. */
export interface ConnectedClient extends Granted {
  readonly id: string;
  readonly name: string;
  /** Origin that its codes went to, or a scheme with its colon. */
  readonly answersTo: string;
  readonly firstAllowedAt: number;
  readonly lastUsedAt: number;
  readonly connections: readonly (Granted & {
    readonly session: string;
    readonly allowedAt: number;
    readonly lastUsedAt: number;
  })[];
}

/**
 * @param heading ID of the client's heading on the page
 * @param upTo how long it takes until a change holds everywhere, in words
 */
export function connectedClient(
  presentation: Presentation,
  client: ConnectedClient,
  heading: string,
  form: RevocationForm,
  upTo: string,
): Html {
  const { language, text } = presentation;
  const words = language.account;
  const [only, ...others] = client.connections;
  return html`
<section class="client" aria-labelledby="${heading}">
<h2 id="${heading}" class="name">${isolated(shownName(client.name, language).text)}</h2>
${wholeName(language, client.name)}
<p class="quiet">${whereabouts(language, client)}</p>
<dl>
${client.servers.map(({ title, resource }) => html`<div><dt>${words.server}</dt><dd>${text(title)}<small>${resource ?? words.serverGone}</small></dd></div>`)}
${grantedPermissions(presentation, client)}
<div><dt>${words.firstAllowed}</dt><dd>${day(language, client.firstAllowedAt)}</dd></div>
<div><dt>${words.lastUsed}</dt><dd>${moment(language, client.lastUsedAt)}</dd></div>
</dl>
${others.length > 0 && connections(presentation, client, heading, form, upTo)}
${only && others.length === 0 && withdrawal(presentation, only, `${heading}-withdraw`, heading, form, upTo)}
<details>
${summary(`${heading}-disconnect`, heading, words.disconnect)}
<p>${words.whatHappens(upTo)}</p>
${form({ client: client.id }, html`<button id="${heading}-sure" class="primary" aria-labelledby="${heading}-sure ${heading}">${words.disconnectClient}</button>`)}
</details>
</section>`;
}

/** The host that publishes a client, or that its codes went to; never the whole of a URL, which may be made to mislead. */
function whereabouts({ account: words }: Language, { id, answersTo }: ConnectedClient): string {
  if (isDocumentId(id)) return words.publishedBy(new URL(id).host);
  const { protocol, host } = new URL(answersTo);
  if (isLoopbackRedirect(answersTo)) return words.programOnADevice;
  return protocol === "https:" ? words.reachedAt(host) : words.applicationOnADevice(protocol);
}

/** Several clients have the same words, so that a reader who does not see the page hears the client's name with them. */
function summary(id: string, heading: string, text: string): Html {
  return html`<summary id="${id}" aria-labelledby="${id} ${heading}">${text}</summary>`;
}

function connections(
  presentation: Presentation,
  { connections }: ConnectedClient,
  heading: string,
  form: RevocationForm,
  upTo: string,
): Html {
  const { language } = presentation;
  const { account: words } = language;
  return html`
<details>
${summary(`${heading}-connections`, heading, words.connections(connections.length))}
${connections.map((connection, index) => {
  const { session, allowedAt, lastUsedAt } = connection;
  const id = `${heading}-end-${index + 1}`;
  return html`
<h3>${words.connection(index + 1)}</h3>
<dl>
${grantedPermissions(presentation, connection)}
<div><dt>${words.allowed}</dt><dd>${moment(language, allowedAt)}</dd></div>
<div><dt>${words.lastUsed}</dt><dd>${moment(language, lastUsedAt)}</dd></div>
</dl>
${withdrawal(presentation, connection, `${heading}-withdraw-${index + 1}`, heading, form, upTo)}
${form({ session }, html`<button id="${id}" aria-labelledby="${id} ${heading}">${words.disconnectConnection(index + 1)}</button>`)}`;
})}
</details>`;
}
