import { type AccessRule, type AccessRules, RULE_KINDS } from "../../config/access-rules.ts";
import type { LanguageTag } from "../../config/language-tags.ts";
import { textIn } from "../../config/local-text.ts";
import type { ResolvedServer } from "../../config/resolve.ts";

/** Before a kind, before a rule, and between the fields of a rule. Patterns, scopes, roles and groups are ASCII. */
const KIND = "\u241D";
const RULE = "\u241E";
const FIELD = "\u241F";

/**
 * Writes a server's access rules for the fragment `mcp-rule-verdicts`, which looks at all of them in every tool call: splitting a text
 * costs less there than reading JSON. A kind is its name, `hide` or `show`, `allow` or `deny`, 0 where a pattern begins with `*`, and by
 * its first character how long each pattern's beginning is; a rule's fields are the beginning of its pattern, which is what is before the first `*`, the rest of the pattern, `deny`, the scopes, the roles, the groups, how a refusal calls roles and groups, and the
 * rule's name among the rates.
 *
 * @param language of titles
 * @returns undefined when the server has none
 */
export function accessRulesData(server: ResolvedServer, language: LanguageTag): string | undefined {
  const kinds = RULE_KINDS.flatMap((kind) => {
    const access = server.rules[kind];
    return access ? [kindData(kind, access, server, language)] : [];
  });
  return kinds.length > 0 ? kinds.join("") : undefined;
}

function kindData(
  kind: (typeof RULE_KINDS)[number],
  access: AccessRules,
  { accessTitles }: ResolvedServer,
  language: LanguageTag,
): string {
  // API Management would take two braces for a named value; patterns, scopes, roles and groups have none.
  const title = (key: string) =>
    textIn(accessTitles[key] ?? key, language, language)
      .replace(/[\s\u241D-\u241F]+/g, " ")
      .replace(/[{}]/g, "");
  const ruleData = (rule: AccessRule, index: number) => {
    const beginning = beginningOf(rule);
    const rest = rule.name.toLowerCase().slice(beginning.length);
    const lists = [rule.scopes, rule.roles, rule.groups].map((names) => names.join(" "));
    const needed = [...rule.roles, ...rule.groups];
    const titles = needed.map((key) => title(key) || key).join(", ");
    const rate = rule.rate ? rateName(kind, index) : "";
    return [beginning, rest, rule.deny ? "deny" : "", ...lists, titles, rate].join(FIELD);
  };
  const beginnings = access.rules.map(beginningOf);
  const any = beginnings.includes("") ? "0" : "";
  const head = [kind, access.hide ? "hide" : "show", access.default, any, ""].join(" ");
  return [`${KIND}${head}${lengthsByCharacter(beginnings)}`, ...access.rules.map(ruleData), ""].join(RULE);
}

function lengthsByCharacter(beginnings: readonly string[]): string {
  const lengths = new Map<string, Set<number>>();
  for (const beginning of beginnings) {
    const first = beginning.charAt(0);
    if (first !== "") lengths.set(first, (lengths.get(first) ?? new Set()).add(beginning.length));
  }
  const entries = [...lengths].map(([first, each]) => [first, ...[...each].sort((a, b) => a - b)].join(","));
  return entries.map((entry) => FIELD + entry).join("");
}

function beginningOf({ name }: AccessRule): string {
  return name.toLowerCase().replace(/\*.*$/, "");
}

/** What the variable `rated-calls` calls a rule with a rate. */
export function rateName(kind: (typeof RULE_KINDS)[number], index: number): string {
  return `${kind}:${index}`;
}
