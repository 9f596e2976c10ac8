import type { Lifetimes } from "../../../config/lifetimes.ts";
import { routes } from "../routes.ts";
import { type ConnectedClient, connectedClient } from "./connected-client.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./languages/language.ts";
import { namedClient } from "./named-client.ts";
import { page } from "./page.ts";
import type { Presentation } from "./presentation.ts";
import { minutes } from "./time.ts";

export interface AccountPage {
  readonly presentation: Presentation;
  readonly lifetimes: Pick<Lifetimes, "accessToken" | "gatewayCache">;
  readonly signedIn: { readonly name: string; readonly isOperator: boolean; readonly formToken: string };
  /** Object ID of the person shown, where that is not the one who is signed in. */
  readonly another: string | undefined;
  readonly clients: readonly ConnectedClient[];
  /** There are more than these. */
  readonly more: boolean;
  /** What the last form did. */
  readonly outcome: Outcome | undefined;
  readonly cookies: readonly string[];
}

/** What a form did. */
export interface Outcome {
  readonly of: "connection" | "client" | "all" | "scope";
  /** How many sessions ended, or lost the scope. */
  readonly ended: number;
  /** Of the client that they were of; of any, where they were of all. */
  readonly clientName: string;
}

/** Shows a person the clients that they allowed, with a way to end each. */
export function accountPage(account: AccountPage): Response {
  const { presentation, lifetimes, signedIn, another, clients, more, outcome, cookies } = account;
  const { language } = presentation;
  const words = language.account;
  const isOwn = another === undefined;
  const upTo = minutes(language, lifetimes.gatewayCache);
  const form = revocationForm(account);
  const section = (client: ConnectedClient, index: number) =>
    connectedClient(presentation, client, `client-${index + 1}`, form, upTo);
  return page({
    presentation,
    title: isOwn ? words.title : words.titleOfAnother,
    isWide: true,
    cookies,
    body: html`
<div class="person">
<p>${words.signedInAs(html`<strong><bdi>${signedIn.name}</bdi></strong>`)}</p>
<form method="post" action="${routes["account-sign-out"].path}"><button class="small">${words.signOut}</button></form>
</div>
${outcome && html`<div class="outcome" role="status">${outcomeText(language, outcome)}</div>`}
${isOwn ? introduction(language, clients) : introductionOfAnother(language, clients, another)}
${clients.map(section)}
${clients.length > 0 && html`<p class="quiet">${words.whatLastUsedMeans(minutes(language, lifetimes.accessToken))}</p>`}
${more && html`<p>${words.more}</p>`}
${
  clients.length > 1 &&
  html`
<details>
<summary>${words.disconnectAll}</summary>
<p>${words.whatHappensToAll(upTo)}</p>
${form({ all: "yes" }, html`<button class="primary">${words.yesAll}</button>`)}
</details>`
}
${signedIn.isOperator && search(language)}
`,
  });
}

function outcomeText(language: Language, { of, ended, clientName }: Outcome): Html {
  const words = language.account;
  if (ended === 0) {
    return html`<p>${of === "scope" ? words.nothingToWithdraw : words.nothingToDisconnect}</p>`;
  }
  if (of === "all") return html`<p>${words.allDisconnected}</p>`;
  const texts = {
    scope: words.scopeWithdrawn,
    client: words.clientDisconnected,
    connection: words.connectionDisconnected,
  };
  const text = texts[of];
  return html`<p>${text}</p>${namedClient(language, clientName)}`;
}

function introduction({ account: words }: Language, clients: readonly ConnectedClient[]): Html {
  return html`<p>${clients.length > 0 ? words.introduction : words.nothing}</p>`;
}

function introductionOfAnother(
  { account: words }: Language,
  clients: readonly ConnectedClient[],
  another: string,
): Html {
  return html`<p>${words.introductionOfAnother(html`<code>${another}</code>`)}
<a href="${routes.account.path}">${words.backToOwn}</a></p>
${clients.length === 0 && html`<p>${words.nothingOfAnother}</p>`}`;
}

/** Every form that ends something stands for this sign-in, and for the person that it is about. */
function revocationForm({ signedIn, another }: AccountPage) {
  return (choice: Readonly<Record<string, string>>, button: Html): Html => {
    const about = another === undefined ? {} : { user: another };
    const fields = Object.entries({ form_token: signedIn.formToken, ...about, ...choice });
    return html`<form method="post" action="${routes["account-revoke"].path}" class="decision">
${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${button}
</form>`;
  };
}

/** An operator looks for another by object ID. */
function search({ account: words }: Language): Html {
  return html`
<section class="search" aria-labelledby="another">
<h2 id="another">${words.anothers}</h2>
<form method="get" action="${routes.account.path}">
<label for="user">${words.objectId}</label>
<input id="user" name="user" required maxlength="80" autocomplete="off" spellcheck="false">
<button>${words.show}</button>
</form>
</section>`;
}
