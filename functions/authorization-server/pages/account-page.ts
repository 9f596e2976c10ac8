import type { Lifetimes } from "../../../config/schema.ts";
import { isDocumentId } from "../clients/metadata-document/document-clients.ts";
import { isLoopbackRedirect } from "../clients/redirect-uri.ts";
import { routes } from "../routes.ts";
import { type AccountWords, english } from "./account-words.ts";
import { clientNameInText } from "./client-name.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";

/** A client that a person allowed, with all its sessions. Times are in seconds since 1970. */
export interface ConnectedClient {
  readonly id: string;
  readonly name: string;
  /** Origin that its codes went to, or a scheme with its colon. */
  readonly answersTo: string;
  readonly servers: readonly {
    readonly title: string;
    /** Missing where the server is no longer configured. */
    readonly resource: string | undefined;
    /** In the operator's words. */
    readonly permissions: readonly string[];
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

export interface AccountPage {
  readonly gatewayName: string;
  readonly lifetimes: Pick<Lifetimes, "accessToken" | "gatewayCache">;
  readonly signedIn: { readonly name: string; readonly isOperator: boolean; readonly formToken: string };
  /** Object ID of the person shown, where that is not the one who is signed in. */
  readonly another: string | undefined;
  readonly clients: readonly ConnectedClient[];
  /** There are more than these. */
  readonly more: boolean;
  /** What the last form did. */
  readonly outcome: { readonly ended: number; readonly clientName?: string } | undefined;
  readonly cookies: readonly string[];
}

/** Shows a person the clients that they allowed, with a way to end each. What a client says of itself stands apart as its name. */
export function accountPage(account: AccountPage): Response {
  const words = english;
  const { gatewayName, signedIn, another, clients, more, outcome, cookies } = account;
  const isOwn = another === undefined;
  return page({
    gatewayName,
    title: isOwn ? words.title : words.titleOfAnother,
    isWide: true,
    cookies,
    body: html`
<div class="person">
<p>${words.signedInAs(html`<strong><bdi>${signedIn.name}</bdi></strong>`)}</p>
<form method="post" action="${routes["account-sign-out"].path}"><button class="small">${words.signOut}</button></form>
</div>
${outcome && html`<p class="outcome" role="status">${outcomeText(words, outcome)}</p>`}
${introduction(words, account)}
${clients.map((client, index) => clientSection(words, account, client, index))}
${clients.length > 0 && html`<p class="quiet">${words.whatLastUsedMeans(minutes(account.lifetimes.accessToken))}</p>`}
${more && html`<p>${words.more}</p>`}
${clients.length > 1 && everything(words, account)}
${signedIn.isOperator && search(words, another)}
`,
  });
}

function outcomeText(words: AccountWords, { ended, clientName }: NonNullable<AccountPage["outcome"]>): Html {
  if (ended === 0) return html`${words.nothingToDisconnect}`;
  return words.disconnected(ended, clientName === undefined ? undefined : nameOf(clientName));
}

function introduction(words: AccountWords, { another, clients }: AccountPage): Html {
  const isOwn = another === undefined;
  const whom = isOwn ? undefined : words.introductionOfAnother(html`<code>${another}</code>`);
  const nothing = isOwn ? words.nothing : words.nothingOfAnother;
  const something = isOwn ? words.introduction : undefined;
  const back = html` <a href="${routes.account.path}">${words.backToOwn}</a>`;
  return html`${whom && html`<p>${whom}${back}</p>`}${clients.length === 0 ? html`<p>${nothing}</p>` : something && html`<p>${something}</p>`}`;
}

function clientSection(
  words: AccountWords,
  account: AccountPage,
  client: ConnectedClient,
  index: number,
): Html {
  const name = nameOf(client.name);
  const heading = `client-${index + 1}`;
  return html`
<section class="client" aria-labelledby="${heading}">
<h2 id="${heading}">${name}</h2>
<p class="quiet">${whereabouts(words, client)}</p>
<dl>
${client.servers.map(({ title, resource }) => html`<div><dt>${words.server}</dt><dd>${title}<small>${resource ?? words.serverGone}</small></dd></div>`)}
${permissions(words, client)}
<div><dt>${words.firstAllowed}</dt><dd>${day(client.firstAllowedAt)}</dd></div>
<div><dt>${words.lastUsed}</dt><dd>${moment(client.lastUsedAt)}</dd></div>
</dl>
${client.connections.length > 1 && connections(words, account, client)}
<details>
<summary>${words.disconnect}<span class="unseen"> “${name}”</span></summary>
<p>${words.whatHappens(minutes(account.lifetimes.gatewayCache))}</p>
${form(account, { client: client.id }, html`<button class="primary">${words.disconnectClient(name)}</button>`)}
</details>
</section>`;
}

function permissions(words: AccountWords, { servers, staysConnected }: ConnectedClient): Html | undefined {
  const all = [
    ...servers.flatMap(({ title, permissions: own }) =>
      own.map((permission) => (servers.length > 1 ? words.permissionAt(title, permission) : permission)),
    ),
    ...(staysConnected ? [words.stayConnected] : []),
  ];
  if (all.length === 0) return undefined;
  return html`<div><dt>${words.can}</dt><dd><ul role="list">${all.map((each) => html`<li>${each}</li>`)}</ul></dd></div>`;
}

function connections(words: AccountWords, account: AccountPage, client: ConnectedClient): Html {
  return html`
<details>
<summary>${words.connections(client.connections.length)}<span class="unseen"> “${nameOf(client.name)}”</span></summary>
${client.connections.map(
  ({ session, allowedAt, lastUsedAt }, index) => html`
<h3>${words.connection(index + 1)}</h3>
<dl>
<div><dt>${words.allowed}</dt><dd>${moment(allowedAt)}</dd></div>
<div><dt>${words.lastUsed}</dt><dd>${moment(lastUsedAt)}</dd></div>
</dl>
${form(account, { session }, html`<button>${words.disconnectConnection(index + 1)}<span class="unseen"> “${nameOf(client.name)}”</span></button>`)}`,
)}
</details>`;
}

function everything(words: AccountWords, account: AccountPage): Html {
  return html`
<details>
<summary>${words.disconnectAll}</summary>
<p>${words.whatHappensToAll(minutes(account.lifetimes.gatewayCache))}</p>
${form(account, { all: "yes" }, html`<button class="primary">${words.yesAll}</button>`)}
</details>`;
}

/** Every form that changes something stands for this sign-in, and for the person it is about. */
function form(
  { signedIn, another }: AccountPage,
  choice: Readonly<Record<string, string>>,
  button: Html,
): Html {
  const fields = {
    form_token: signedIn.formToken,
    ...(another !== undefined && { user: another }),
    ...choice,
  };
  return html`<form method="post" action="${routes["account-revoke"].path}">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${button}
</form>`;
}

function search(words: AccountWords, another: string | undefined): Html {
  return html`
<section class="search" aria-labelledby="another">
<h2 id="another">${words.anothers}</h2>
<form method="get" action="${routes.account.path}">
<label for="user">${words.objectId}</label>
<input id="user" name="user" value="${another ?? ""}" required maxlength="64" autocomplete="off" spellcheck="false">
<button>${words.show}</button>
</form>
</section>`;
}

/** The host that publishes a client, or that its codes went to; never the whole of a URL, which may be made to mislead. */
function whereabouts(words: AccountWords, { id, answersTo }: ConnectedClient): string {
  if (isDocumentId(id)) return words.publishedBy(new URL(id).host);
  const { protocol, host } = new URL(answersTo);
  if (isLoopbackRedirect(answersTo)) return words.programOnADevice;
  return protocol === "https:" ? words.reachedAt(host) : words.applicationOnADevice(protocol);
}

/** A name written from right to left must not turn a sentence around. */
function nameOf(name: string): Html {
  return html`<bdi>${clientNameInText(name)}</bdi>`;
}

/** The server does not know where the reader is, so times are in UTC and say so. */
function moment(seconds: number): Html {
  const date = new Date(seconds * 1000);
  const text = new Intl.DateTimeFormat("en", {
    dateStyle: "long",
    timeStyle: "short",
    hourCycle: "h23",
    timeZone: "UTC",
  }).format(date);
  return html`<time datetime="${date.toISOString()}">${text} UTC</time>`;
}

function day(seconds: number): Html {
  const date = new Date(seconds * 1000);
  const text = new Intl.DateTimeFormat("en", { dateStyle: "long", timeZone: "UTC" }).format(date);
  return html`<time datetime="${date.toISOString()}">${text}</time>`;
}

/** Rounded up: no page says that something is over when it is not. */
function minutes(seconds: number): number {
  return Math.ceil(seconds / 60);
}
