import { describe, expect, it } from "vitest";
import type { ConnectedClient } from "../pages/connected-client.ts";
import type { SessionSummary } from "../sessions/session-document.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { connectedClients } from "./connected-clients.ts";

const { servers } = resolvedGateway();

const session = (id: string, changes: Partial<SessionSummary> = {}): SessionSummary => ({
  id,
  client: {
    id: "client",
    name: "Client",
    grantTypes: ["authorization_code", "refresh_token"],
    answersTo: "https://client.example",
  },
  servers: ["graph"],
  scopes: ["mcp.tools"],
  createdAt: 100,
  endsAt: 1000,
  ...changes,
});

describe("connectedClients", () => {
  it("has nobody where there is no session", () => {
    expect(connectedClients(servers, [])).toEqual([]);
  });

  it("joins a client's sessions: named as in the one used last, allowed first when the oldest was", () => {
    const renamed = { ...session("").client, name: "Client 2" };
    const [client, ...others] = connectedClients(servers, [
      session("new", { client: renamed, createdAt: 200, lastUsedAt: 300 }),
      session("old", { createdAt: 100, scopes: ["mcp.tools", "offline_access"] }),
    ]);
    expect(others).toEqual([]);
    expect(client).toMatchObject({
      name: "Client 2",
      firstAllowedAt: 100,
      lastUsedAt: 300,
      staysConnected: true,
    });
    expect(client?.connections).toMatchObject([
      { session: "new", allowedAt: 200, lastUsedAt: 300 },
      { session: "old", allowedAt: 100, lastUsedAt: 100 },
    ]);
  });

  it("says that a client stays connected only where it may", () => {
    const once = { ...session("").client, grantTypes: ["authorization_code"] as const };
    expect(connectedClients(servers, [session("a", { client: once })])).toMatchObject([
      { staysConnected: false },
    ]);
    expect(connectedClients(servers, [session("a")])).toMatchObject([{ staysConnected: true }]);
  });

  it("keeps clients apart, in the order of their sessions", () => {
    const other = { ...session("").client, id: "other" };
    const found = connectedClients(servers, [session("a", { client: other }), session("b"), session("c")]);
    expect(found.map(({ id, connections }) => [id, connections.length])).toEqual([
      ["other", 1],
      ["client", 2],
    ]);
  });

  it("says of each server what was granted there, and not what the same word allows at another", () => {
    const shared = servers.map((server) => ({
      ...server,
      scopes: [{ name: "tools", description: `use ${server.name}`, required: true }],
    }));
    const found = connectedClients(shared, [
      session("a", { servers: ["graph"], scopes: ["tools"] }),
      session("b", { servers: ["notes"], scopes: [] }),
    ]);
    const descriptions = found[0]?.servers.map(({ permissions }) =>
      permissions.map((each) => each.description),
    );
    expect(descriptions).toEqual([["use graph"], []]);
  });

  it("CON-8 says of each connection what was granted, and what of it can be withdrawn", () => {
    const all = session("all", { scopes: ["mcp.tools", "mcp.admin", "offline_access"] });
    const [client] = connectedClients(servers, [session("few"), all]);
    const optional = (connection: Pick<ConnectedClient, "servers"> | undefined) =>
      connection?.servers.flatMap(({ permissions }) =>
        permissions.map((each) => [each.scope, each.optional]),
      );
    const both = [
      ["mcp.tools", false],
      ["mcp.admin", true],
    ];
    expect(client?.connections.map(optional)).toEqual([[["mcp.tools", false]], both]);
    expect(optional(client)).toEqual(both);
  });

  it("CON-8 lets nobody withdraw what another server of the connection requires by the same name", () => {
    const named = (required: boolean) => [{ name: "tools", description: "use tools", required }];
    const shared = servers.map((server, index) => ({ ...server, scopes: named(index === 1) }));
    const [client] = connectedClients(shared, [
      session("a", { servers: ["graph", "notes"], scopes: ["tools"] }),
    ]);
    expect(client?.servers.flatMap(({ permissions }) => permissions.map((each) => each.optional))).toEqual([
      false,
      false,
    ]);
  });

  it("has the bare name of a server that is gone, and nothing that it could do there", () => {
    expect(connectedClients([], [session("a")])).toMatchObject([
      { servers: [{ title: "graph", resource: undefined, permissions: [] }] },
    ]);
  });
});
