import { RULE_KINDS } from "../../../config/access-rules.ts";
import type { ResolvedServer } from "../../../config/resolve.ts";
import { optionalScopes } from "../sessions/optional-scopes.ts";
import { type Html, html } from "./html.ts";
import type { Language } from "./languages/language.ts";

/** More than these become a number, because the page has to be readable on a phone. */
const MOST_NAMES = 5;

type Kind = (typeof RULE_KINDS)[number];

/** What a scope opens: names and patterns, or all that no optional scope is needed for. */
interface Opened {
  readonly kind: Kind;
  readonly names: readonly string[];
  readonly rest: boolean;
}

/** @returns the tools, prompts and resources that a scope opens, one line for each kind; nothing where no rule is about scopes */
export function openedByScope({ consent: words }: Language, server: ResolvedServer, scope: string): Html {
  return html`${opened(server, scope).map(({ kind, names, rest }) => {
    const shown = names.length > MOST_NAMES + 1 ? names.slice(0, MOST_NAMES) : names;
    const patterns = shown.map((name, index) => html`${index > 0 && ", "}<code>${name}</code>`);
    const more = names.length - shown.length;
    return rest
      ? html`<small>${words.opensRest[kind]}</small>`
      : html`<small>${words.opens[kind]}: ${patterns}${more > 0 && ` ${words.andMore(more)}`}</small>`;
  })}`;
}

function opened(server: ResolvedServer, scope: string): readonly Opened[] {
  const { scopes } = server;
  const optional = (names: readonly string[]) => optionalScopes([server], names);
  const isOptional = optional([scope]).length > 0;
  // Every call needs all required scopes; the first of them stands for what needs nothing else.
  const isFirstRequired = scopes.find(({ required }) => required)?.name === scope;
  return RULE_KINDS.flatMap((kind): readonly Opened[] => {
    const access = server.rules[kind];
    const rules = access?.rules.filter(({ deny }) => !deny) ?? [];
    const isAboutScopes =
      access?.default === "deny" || rules.some((rule) => optional(rule.scopes).length > 0);
    if (!isAboutScopes) return [];
    if (!isOptional && isFirstRequired && access?.default === "allow") {
      return [{ kind, names: [], rest: true }];
    }
    const names = rules
      .filter((rule) =>
        isOptional
          ? rule.scopes.includes(scope)
          : optional(rule.scopes).length === 0 && (isFirstRequired || rule.scopes.includes(scope)),
      )
      .map(({ name }) => name);
    return names.length > 0 ? [{ kind, names, rest: false }] : [];
  });
}
