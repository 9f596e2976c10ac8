import type { LocalText } from "../../../config/local-text.ts";
import { type Html, html } from "./html.ts";
import type { Presentation } from "./presentation.ts";

/** A server that a client may use, with what was granted there. */
export interface ConnectedServer {
  readonly title: LocalText;
  /** Missing where the server is no longer configured. */
  readonly resource: string | undefined;
  readonly permissions: readonly {
    readonly scope: string;
    readonly description: LocalText;
    /** Whether the person can withdraw it. */
    readonly optional: boolean;
  }[];
}

/** What a person granted: a client with all its sessions, or one of them. */
export interface Granted {
  readonly servers: readonly ConnectedServer[];
  readonly staysConnected: boolean;
}

/** A form of the account page that ends what it names. */
export type RevocationForm = (choice: Readonly<Record<string, string>>, content: Html) => Html;

/** Rows of a list: what a client may do, and apart from that what the person can withdraw. */
export function grantedPermissions(presentation: Presentation, granted: Granted): Html {
  const { account: words } = presentation.language;
  const all = inWords(presentation, granted);
  const texts = (optional: boolean) =>
    all.filter((each) => each.optional === optional).map(({ text }) => text);
  const fixed = [...texts(false), ...(granted.staysConnected ? [words.stayConnected] : [])];
  return html`${row(words.can, fixed)}${row(words.optional, texts(true))}`;
}

function row(term: string, texts: readonly string[]): Html | undefined {
  if (texts.length === 0) return undefined;
  return html`<div><dt>${term}</dt><dd><ul role="list">${texts.map((each) => html`<li>${each}</li>`)}</ul></dd></div>`;
}

/**
 * The forms that take optional scopes out of one session.
 *
 * @param id prefix of the IDs here
 * @param heading ID of the client's heading on the page
 * @param upTo how long it takes at most, in words
 */
export function withdrawal(
  presentation: Presentation,
  granted: Granted & { readonly session: string },
  id: string,
  heading: string,
  form: RevocationForm,
  upTo: string,
): Html | undefined {
  const { account: words } = presentation.language;
  const optional = inWords(presentation, granted).filter((each) => each.optional);
  if (optional.length === 0) return undefined;
  const byScope = [...Map.groupBy(optional, ({ scope }) => scope)];
  return html`
<details>
<summary id="${id}" aria-labelledby="${id} ${heading}">${words.withdrawOptional}</summary>
<p>${words.whatWithdrawingDoes(upTo)}</p>
${byScope.map(([scope, meanings], index) => {
  const [what, button] = [`${id}-${index + 1}-what`, `${id}-${index + 1}`];
  const lines = meanings.map(({ text }) => html`<span class="meaning">${text}</span>`);
  const content = html`<p id="${what}" class="what">${lines}</p><button id="${button}" aria-labelledby="${button} ${what} ${heading}">${words.withdraw}</button>`;
  return form({ session: granted.session, scope }, content);
})}
</details>`;
}

/** Every permission, with its server where there are several. */
function inWords({ language, text }: Presentation, { servers }: Granted) {
  return servers.flatMap(({ title, permissions }) =>
    permissions.map(({ scope, description, optional }) => {
      const what = text(description);
      const isOneOfSeveral = servers.length > 1;
      return {
        scope,
        optional,
        text: isOneOfSeveral ? language.consent.permissionAt(text(title), what) : what,
      };
    }),
  );
}
