import { describe, expect, it } from "vitest";
import type { ResolvedServer } from "../../../config/resolve.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { grantedServer, scopesAt } from "./granted-server.ts";
import type { SessionDocument } from "./session-document.ts";

const { servers } = resolvedGateway();
const [graph, notes] = servers as [ResolvedServer, ResolvedServer];
const sessionOf = (...names: string[]) => ({ servers: names }) as unknown as SessionDocument;

describe("grantedServer", () => {
  it("is the session's first server when the client names none", () => {
    expect(grantedServer(servers, sessionOf("notes", "graph"), undefined)).toBe(notes);
    expect(grantedServer(servers, sessionOf("graph"), undefined)).toBe(graph);
  });

  it("TOK-6 is the one that the client names, when the session has it", () => {
    expect(grantedServer(servers, sessionOf("notes", "graph"), "graph")).toBe(graph);
    expect(grantedServer(servers, sessionOf("notes"), "graph")).toBeUndefined();
    expect(grantedServer(servers, sessionOf("notes"), "made-up")).toBeUndefined();
    expect(grantedServer(servers, sessionOf(), undefined)).toBeUndefined();
  });

  it("is none when it was removed from the configuration, and no other takes its place", () => {
    expect(grantedServer([graph], sessionOf("notes", "graph"), undefined)).toBeUndefined();
    expect(grantedServer([graph], sessionOf("notes", "graph"), "notes")).toBeUndefined();
    expect(grantedServer([graph], sessionOf("notes", "graph"), "graph")).toBe(graph);
  });
});

describe("scopesAt", () => {
  const all = ["mcp.tools", "notes.read", "mcp.admin", "offline_access"];

  it("TOK-10 leaves the scopes of other servers out, in the order in which they were granted", () => {
    expect(scopesAt(servers, graph, all)).toEqual(["mcp.tools", "mcp.admin", "offline_access"]);
    expect(scopesAt(servers, notes, all)).toEqual(["notes.read", "offline_access"]);
    expect(scopesAt(servers, notes, ["mcp.tools"])).toEqual([]);
  });

  it("keeps a scope that two servers share at both", () => {
    const shared = servers.map((server) => ({
      ...server,
      scopes: [{ name: "read", description: "", required: true }],
    }));
    for (const server of shared) expect(scopesAt(shared, server, ["read"])).toEqual(["read"]);
  });
});
