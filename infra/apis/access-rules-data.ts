import { type AccessRules, RULE_KINDS } from "../../config/access-rules.ts";
import type { LanguageTag } from "../../config/language-tags.ts";
import { textIn } from "../../config/local-text.ts";
import type { ResolvedServer } from "../../config/resolve.ts";
import { apartBraces } from "./policy-xml.ts";

/**
 * Writes a server's access rules as JSON, for the fragment `mcp-access-rules`: by kind, whether what no rule matches is allowed, whether
 * lists hide what the caller can never use, and the rules. A rule's `roles` and `groups` hold what it needs, and `title` how a
 * refusal calls that.
 *
 * @param language of titles
 * @returns undefined when the server has none
 */
export function accessRulesData(server: ResolvedServer, language: LanguageTag): string | undefined {
  const kinds = RULE_KINDS.flatMap((kind) => {
    const access = server.rules[kind];
    return access ? [[kind, kindData(access, server, language)] as const] : [];
  });
  if (kinds.length === 0) return undefined;
  return apartBraces(JSON.stringify(Object.fromEntries(kinds)));
}

function kindData(access: AccessRules, { accessTitles }: ResolvedServer, language: LanguageTag) {
  const title = (key: string) => textIn(accessTitles[key] ?? key, language, language);
  return {
    allow: access.default === "allow",
    hide: access.hide,
    rules: access.rules.map(({ name, scopes, roles, groups, deny, rate }) => ({
      name,
      ...(scopes.length > 0 && { scopes }),
      ...(roles.length > 0 && { roles }),
      ...(groups.length > 0 && { groups }),
      ...(roles.length + groups.length > 0 && { title: [...roles, ...groups].map(title).join(", ") }),
      ...(deny && { deny }),
      ...(rate && { rate }),
    })),
  };
}
