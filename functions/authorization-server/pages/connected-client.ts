import type { LocalText } from "../../../config/local-text.ts";
import { isLoopbackRedirect } from "../../../config/rules/redirect-uri.ts";
import { isDocumentId } from "../clients/metadata-document/document-clients.ts";
import { shownName } from "./client-name.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./languages/language.ts";
import { isolated, wholeName } from "./named-client.ts";
import type { Presentation } from "./presentation.ts";
import { day, moment } from "./time.ts";

/** A client that a person allowed, with all its sessions. Times are in seconds since 1970. */
export interface ConnectedClient {
  readonly id: string;
  readonly name: string;
  /** Origin that its codes went to, or a scheme with its colon. */
  readonly answersTo: string;
  readonly servers: readonly {
    readonly title: LocalText;
    /** Missing where the server is no longer configured. */
    readonly resource: string | undefined;
    readonly permissions: readonly LocalText[];
  }[];
  readonly staysConnected: boolean;
  readonly firstAllowedAt: number;
  readonly lastUsedAt: number;
  readonly connections: readonly {
    readonly session: string;
    readonly allowedAt: number;
    readonly lastUsedAt: number;
  }[];
}

/** A form that ends what it names, with one button. */
type RevocationForm = (choice: Readonly<Record<string, string>>, button: Html) => Html;

/**
 * @param heading ID of the client's heading on the page
 * @param whatHappens tells what ends with it
 */
export function connectedClient(
  presentation: Presentation,
  client: ConnectedClient,
  heading: string,
  form: RevocationForm,
  whatHappens: string,
): Html {
  const { language, text } = presentation;
  const words = language.account;
  return html`
<section class="client" aria-labelledby="${heading}">
<h2 id="${heading}" class="name">${isolated(shownName(client.name, language).text)}</h2>
${wholeName(language, client.name)}
<p class="quiet">${whereabouts(language, client)}</p>
<dl>
${client.servers.map(({ title, resource }) => html`<div><dt>${words.server}</dt><dd>${text(title)}<small>${resource ?? words.serverGone}</small></dd></div>`)}
${permissions(presentation, client)}
<div><dt>${words.firstAllowed}</dt><dd>${day(language, client.firstAllowedAt)}</dd></div>
<div><dt>${words.lastUsed}</dt><dd>${moment(language, client.lastUsedAt)}</dd></div>
</dl>
${client.connections.length > 1 && connections(language, client, heading, form)}
<details>
${summary(`${heading}-disconnect`, heading, words.disconnect)}
<p>${whatHappens}</p>
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

function permissions(
  { language, text }: Presentation,
  { servers, staysConnected }: ConnectedClient,
): Html | undefined {
  const { account, consent } = language;
  const all = [
    ...servers.flatMap(({ title, permissions: own }) =>
      own.map((each) => (servers.length > 1 ? consent.permissionAt(text(title), text(each)) : text(each))),
    ),
    ...(staysConnected ? [account.stayConnected] : []),
  ];
  if (all.length === 0) return undefined;
  return html`<div><dt>${account.can}</dt><dd><ul role="list">${all.map((each) => html`<li>${each}</li>`)}</ul></dd></div>`;
}

/** Several clients have the same words, so that a reader who does not see the page hears the client's name with them. */
function summary(id: string, heading: string, text: string): Html {
  return html`<summary id="${id}" aria-labelledby="${id} ${heading}">${text}</summary>`;
}

function connections(
  language: Language,
  { connections }: ConnectedClient,
  heading: string,
  form: RevocationForm,
): Html {
  const { account: words } = language;
  return html`
<details>
${summary(`${heading}-connections`, heading, words.connections(connections.length))}
${connections.map(({ session, allowedAt, lastUsedAt }, index) => {
  const id = `${heading}-end-${index + 1}`;
  return html`
<h3>${words.connection(index + 1)}</h3>
<dl>
<div><dt>${words.allowed}</dt><dd>${moment(language, allowedAt)}</dd></div>
<div><dt>${words.lastUsed}</dt><dd>${moment(language, lastUsedAt)}</dd></div>
</dl>
${form({ session }, html`<button id="${id}" aria-labelledby="${id} ${heading}">${words.disconnectConnection(index + 1)}</button>`)}`;
})}
</details>`;
}
