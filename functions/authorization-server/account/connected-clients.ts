import type { ResolvedServer } from "../../../config/resolve.ts";
import type { ConnectedClient } from "../pages/connected-client.ts";
import type { ConnectedServer } from "../pages/granted-permissions.ts";
import { lastUse } from "../sessions/list-sessions.ts";
import { optionalScopes } from "../sessions/optional-scopes.ts";
import { mayRefresh } from "../sessions/refresh-within-grant.ts";
import type { SessionSummary } from "../sessions/session-document.ts";

/**
 * A person's sessions by client, as they are shown: one client may have several, from several devices or sign-ins.
 *
 * @param sessions the one used last first
 * @returns the clients in the same order
 */
export function connectedClients(
  servers: readonly ResolvedServer[],
  sessions: readonly SessionSummary[],
): readonly ConnectedClient[] {
  const byClient = Map.groupBy(sessions, ({ client }) => client.id);
  return [...byClient.values()].flatMap((connections) => {
    const [newest] = connections;
    if (!newest) return [];
    return {
      ...newest.client,
      servers: serversOf(servers, connections),
      staysConnected: connections.some(({ client, scopes }) => mayRefresh(client, scopes)),
      firstAllowedAt: Math.min(...connections.map(({ createdAt }) => createdAt)),
      lastUsedAt: lastUse(newest),
      connections: connections.map((each) => ({
        session: each.id,
        servers: serversOf(servers, [each]),
        staysConnected: mayRefresh(each.client, each.scopes),
        allowedAt: each.createdAt,
        lastUsedAt: lastUse(each),
      })),
    };
  });
}

/** The servers of some connections, with what was granted at each in any of them. */
function serversOf(
  configured: readonly ResolvedServer[],
  connections: readonly SessionSummary[],
): readonly ConnectedServer[] {
  const granted = new Set(connections.flatMap((each) => each.servers));
  return [...granted].map((name) => {
    const server = configured.find((each) => each.name === name);
    const here = connections.filter((each) => each.servers.includes(name));
    const scopes = new Set(here.flatMap((each) => each.scopes));
    const optional = new Set(here.flatMap((each) => optionalOf(configured, each)));
    return {
      title: server?.title ?? name,
      resource: server?.resource,
      permissions: (server?.scopes ?? [])
        .filter((scope) => scopes.has(scope.name))
        .map((scope) => ({
          scope: scope.name,
          description: scope.description,
          optional: optional.has(scope.name),
        })),
    };
  });
}

function optionalOf(configured: readonly ResolvedServer[], session: SessionSummary): readonly string[] {
  const servers = configured.filter(({ name }) => session.servers.includes(name));
  return optionalScopes(servers, session.scopes);
}
