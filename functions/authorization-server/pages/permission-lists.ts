import type { Lifetimes } from "../../../config/lifetimes.ts";
import type { ResolvedServer } from "../../../config/resolve.ts";
import { OFFLINE_ACCESS } from "../sessions/openid-scopes.ts";
import { type Html, html } from "./html.ts";
import { openedByScope } from "./opened-by-scope.ts";
import type { Presentation } from "./presentation.ts";
import { minutes } from "./time.ts";

/** ID of the form that the boxes belong to, wherever they stand on the page. */
export const DECISION_FORM = "decide";

export interface RequestedPermissions {
  readonly presentation: Presentation;
  /** Those that the client asked for. */
  readonly servers: readonly ResolvedServer[];
  readonly scopes: readonly string[];
  /** Those that the person may leave out; `offline_access` stands for staying connected. */
  readonly choices: readonly string[];
  /** Those that somebody allowed the client in this browser before. */
  readonly allowedEarlier: readonly string[];
  readonly lifetimes: Pick<Lifetimes, "accessToken">;
}

/** What one scope means, at each server that has it. */
interface Permission {
  readonly scope: string;
  readonly meanings: readonly Html[];
}

/**
 * Lists what a client asks for, with a ticked box before each thing that the person may leave out. What somebody allowed in this browser
 * before stands apart from what is new.
 */
export function permissionLists(consent: RequestedPermissions): Html {
  const { choices, allowedEarlier } = consent;
  const { consent: words } = consent.presentation.language;
  const permissions = requested(consent);
  const isEarlier = ({ scope }: Permission) => allowedEarlier.includes(scope);
  const groups = [
    { heading: words.allowedEarlier, items: permissions.filter(isEarlier) },
    { heading: words.newlyAsked, items: permissions.filter((each) => !isEarlier(each)) },
  ].filter(({ items }) => items.length > 0);
  const named = permissions.some(isEarlier);
  return html`
${groups.map(({ heading, items }) => html`${named && html`<h3>${heading}</h3>`}${list(items, choices)}`)}
${choices.length > 0 && html`<p class="quiet hint">${words.untick}</p>`}`;
}

function list(permissions: readonly Permission[], choices: readonly string[]): Html {
  const isChoice = ({ scope }: Permission) => choices.includes(scope);
  const fixed = permissions.filter((each) => !isChoice(each)).flatMap(({ meanings }) => meanings);
  return html`
<ul role="list">
${fixed.map((meaning) => html`<li>${meaning}</li>`)}
${permissions.filter(isChoice).map(({ scope, meanings }) => html`<li class="choice">${box(scope, meanings)}</li>`)}
</ul>`;
}

/** Ticked whenever the page is shown: without `autocomplete`, some browsers bring back what was ticked before a reload. */
function box(scope: string, meanings: readonly Html[]): Html {
  return html`<label><input type="checkbox" name="scope" value="${scope}" checked form="${DECISION_FORM}" autocomplete="off"><span>${meanings.map((meaning) => html`<span class="meaning">${meaning}</span>`)}</span></label>`;
}

/** Every scope of the request in the order of the servers, and staying connected last. */
function requested({
  presentation,
  servers,
  scopes,
  choices,
  lifetimes,
}: RequestedPermissions): readonly Permission[] {
  const { language, text } = presentation;
  const { consent: words } = language;
  const meanings = servers.flatMap((server) =>
    server.scopes
      .filter(({ name }) => scopes.includes(name))
      .map(({ name, description }) => {
        const what = text(description);
        const where = servers.length > 1 ? words.permissionAt(text(server.title), what) : what;
        return { name, meaning: html`${where}${openedByScope(language, server, name)}` };
      }),
  );
  const staying = {
    name: OFFLINE_ACCESS,
    meaning: html`${words.stayConnected}<small>${words.otherwiseSignInAgain(minutes(language, lifetimes.accessToken))}</small>`,
  };
  const all = choices.includes(OFFLINE_ACCESS) ? [...meanings, staying] : meanings;
  return [...Map.groupBy(all, ({ name }) => name)].map(([scope, own]) => ({
    scope,
    meanings: own.map(({ meaning }) => meaning),
  }));
}
