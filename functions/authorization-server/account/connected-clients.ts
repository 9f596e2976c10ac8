import type { ResolvedServer } from "../../../config/resolve.ts";
import type { ConnectedClient } from "../pages/connected-client.ts";
import { lastUse } from "../sessions/list-sessions.ts";
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
    const granted = new Set(connections.flatMap((each) => each.servers));
    return {
      ...newest.client,
      servers: [...granted].map((name) => {
        const scopes = new Set(
          connections.filter((each) => each.servers.includes(name)).flatMap((each) => each.scopes),
        );
        const server = servers.find((each) => each.name === name);
        return {
          title: server?.title ?? name,
          resource: server?.resource,
          permissions: (server?.scopes ?? [])
            .filter((scope) => scopes.has(scope.name))
            .map((scope) => scope.description),
        };
      }),
      staysConnected: connections.some(({ client, scopes }) => mayRefresh(client, scopes)),
      firstAllowedAt: Math.min(...connections.map(({ createdAt }) => createdAt)),
      lastUsedAt: lastUse(newest),
      connections: connections.map((each) => ({
        session: each.id,
        allowedAt: each.createdAt,
        lastUsedAt: lastUse(each),
      })),
    };
  });
}
