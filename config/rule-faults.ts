import { type AccessRule, type AccessRules, RULE_KINDS } from "./access-rules.ts";
import { covers } from "./name-pattern.ts";
import type { ServerConfig } from "./servers.ts";

/** A fault below a server, with its place there. */
interface RuleFault {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Finds what a server's rules say that cannot be meant: scopes and titles of nothing, and rules without effect. */
export function ruleFaults(server: ServerConfig): RuleFault[] {
  return [
    ...titlesOfNothing(server),
    ...RULE_KINDS.flatMap((kind) => {
      const access = server[kind];
      if (!access) return [];
      return access.rules.flatMap((rule, index) =>
        [unknownScope(rule, server), ineffective(rule, index, access, server)]
          .filter((message) => message !== undefined)
          .map((message) => ({ path: [kind, "rules", index], message })),
      );
    }),
  ];
}

function titlesOfNothing({ access, ...server }: ServerConfig): RuleFault[] {
  const rules = RULE_KINDS.flatMap((kind) => server[kind]?.rules ?? []);
  const named = new Set([access, ...rules].flatMap(({ roles, groups }) => [...roles, ...groups]));
  return Object.keys(access.titles)
    .filter((key) => !named.has(key))
    .map((key) => ({
      path: ["access", "titles", key],
      message: "is a title for no role or group of this server",
    }));
}

function unknownScope({ scopes }: AccessRule, server: ServerConfig): string | undefined {
  const unknown = scopes.find((scope) => !server.scopes.some(({ name }) => name === scope));
  return unknown && `needs "${unknown}", which is no scope of this server`;
}

/** @returns why the rule changes nothing, or hides what it says itself */
function ineffective(
  rule: AccessRule,
  index: number,
  { default: otherwise, rules }: AccessRules,
  { scopes }: ServerConfig,
): string | undefined {
  const { name, deny, roles, groups, rate } = rule;
  const earlier = rules.slice(0, index).find((other) => other.name.toLowerCase() === name.toLowerCase());
  if (earlier) return `has the pattern of another rule, "${earlier.name}"; one rule can say both`;
  const denying = rules.find((other) => other !== rule && other.deny && covers(other.name, name));
  if (denying) return `never applies, because "${denying.name}" denies the same to everybody`;
  const needsAnything = rule.scopes.length + roles.length + groups.length > 0 || rate !== undefined;
  if (deny) return needsAnything ? "denies, so nothing else that it says has an effect" : undefined;
  // Every access token has the required scopes.
  const optional = rule.scopes.filter((needed) =>
    scopes.some((scope) => scope.name === needed && !scope.required),
  );
  const limits = optional.length + roles.length + groups.length > 0 || rate !== undefined;
  return limits || otherwise === "deny" ? undefined : "allows what is allowed to everybody anyway";
}
