import { RULE_KINDS } from "./access-rules.ts";
import { assertionOf } from "./identity.ts";
import type { ServerConfig } from "./servers.ts";

/** What the gateway's sign-in application has to have for the servers that know nothing of Entra. */
export interface SignInDemands {
  /** App roles for people. */
  readonly roles: readonly string[];
  /** Those that let people use a server; access rules ask for the others. */
  readonly accessRoles: readonly string[];
  /** Object IDs of Entra groups, which have to be assigned to it. */
  readonly groups: readonly string[];
  /** Whether people's addresses are needed. */
  readonly email: boolean;
}

export function signInDemands(servers: readonly ServerConfig[]): SignInDemands {
  const own = servers.filter(({ identity }) => identity !== "entra-token");
  const named = own.flatMap((server) => [
    server.access,
    ...RULE_KINDS.flatMap((kind) => server[kind]?.rules ?? []),
  ]);
  const once = (values: readonly string[]) => [...new Set(values)];
  return {
    roles: once(named.flatMap(({ roles }) => roles)),
    accessRoles: once(own.flatMap(({ access }) => access.roles)),
    groups: once(named.flatMap(({ groups }) => groups)),
    email: own.some(({ identity }) => assertionOf(identity)?.claims.includes("email")),
  };
}
