import type { LanguageTag } from "../../config/language-tags.ts";
import { textIn } from "../../config/local-text.ts";
import type { ResolvedServer } from "../../config/resolve.ts";
import type { NamedValueDescription } from "./description.ts";
import { nameOfPath } from "./name-of-path.ts";
import { apartBraces, setVariable } from "./policy-xml.ts";

/**
 * The audiences of the Entra tokens that a server takes, separated by blanks. They are a named value, because Terraform knows
 * the application's ID only when it provisions.
 */
export function entraAudiences(server: ResolvedServer): NamedValueDescription[] {
  if (!server.entraTokens) return [];
  return [{ name: audiencesName(server), value: server.entraTokens.audiences.join(" ") }];
}

function audiencesName({ path }: ResolvedServer): string {
  return `entra-audiences-${nameOfPath(path)}`;
}

/**
 * Writes which Entra tokens a server takes, for the fragment `entra-token-caller`: as JSON the clients, what the tokens' scopes and
 * roles give, and what a person needs (`roles`, `groups`), with the names by which a refusal calls that.
 *
 * @param language of titles
 * @returns nothing where the server takes none
 */
export function entraTokenVariables(server: ResolvedServer, language: LanguageTag): string[] {
  const { entraTokens, roles, groups, accessTitles } = server;
  if (!entraTokens) return [];
  const { clients, users, workloads } = entraTokens;
  const title = [...roles, ...groups]
    .map((key) => textIn(accessTitles[key] ?? key, language, language))
    .join(", ");
  const data = { clients, users, workloads, roles, groups, title };
  return [
    setVariable("entra-tokens", apartBraces(JSON.stringify(data))),
    setVariable("entra-audiences", `{{${audiencesName(server)}}}`),
  ];
}
