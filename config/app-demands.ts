import { RULE_KINDS } from "./access-rules.ts";
import type { ServerConfig } from "./servers.ts";

/** What the MCP servers behind one deployed app ask of its callers, taken together. */
export interface AppDemands {
  /** A person needs one of these app roles or one of the groups; any person may call where both are empty. */
  readonly roles: readonly string[];
  /** Object IDs of Entra groups. */
  readonly groups: readonly string[];
  /** Every scope that the gateway may grant for the app. */
  readonly scopes: readonly string[];
  /** Application IDs of the clients that may present Entra tokens of their own. */
  readonly clients: readonly string[];
  /** App roles of which an application's own token needs one; none where only people's tokens are taken. */
  readonly workloadRoles: readonly string[];
  /** Every app role that the app's Entra application has: those of {@link roles}, and those that only access rules ask for. */
  readonly definedRoles: readonly string[];
  /** The same for groups, which tokens for the app have to name. */
  readonly namedGroups: readonly string[];
}

/**
 * Joins the demands of the servers whose backend is the app. The app cannot tell them apart: where one of them takes any person,
 * so does the app, and the gateway keeps people out of the others.
 *
 * @param app the name that `backend.app` uses
 */
export function appDemands(servers: readonly ServerConfig[], app: string): AppDemands {
  const own = servers.filter(({ backend }) => "app" in backend && backend.app === app);
  const isOpen = own.some(({ access }) => access.roles.length === 0 && access.groups.length === 0);
  const once = (values: readonly string[]) => [...new Set(values)];
  return {
    roles: isOpen ? [] : once(own.flatMap(({ access }) => access.roles)),
    groups: isOpen ? [] : once(own.flatMap(({ access }) => access.groups)),
    definedRoles: once(own.flatMap((server) => whoIsNamed(server).flatMap(({ roles }) => roles))),
    namedGroups: once(own.flatMap((server) => whoIsNamed(server).flatMap(({ groups }) => groups))),
    scopes: once(own.flatMap(({ scopes }) => scopes.map(({ name }) => name))),
    clients: once(own.flatMap(({ entraTokens }) => entraTokens?.clients ?? [])),
    workloadRoles: once(own.flatMap(({ entraTokens }) => Object.keys(entraTokens?.workloads ?? {}))),
  };
}

/** What a server, and each of its access rules, asks of people. */
function whoIsNamed(server: ServerConfig): readonly Pick<ServerConfig["access"], "roles" | "groups">[] {
  return [server.access, ...RULE_KINDS.flatMap((kind) => server[kind]?.rules ?? [])];
}
