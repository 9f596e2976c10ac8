import { describe, expect, it } from "vitest";
import { refusalOf } from "../testing/failure.ts";
import { resolvedGateway } from "../testing/gateway.ts";
import { serverForResource } from "./resource-indicator.ts";

const { servers } = resolvedGateway();
const ask = (resource: string) => serverForResource(resource, servers);

describe("serverForResource", () => {
  it.each([
    ["https://gw.example/mcp", "graph"],
    ["https://gw.example/mcp/", "graph"],
    ["HTTPS://gw.example/mcp", "graph"],
    ["https://GW.Example/mcp", "graph"],
    ["HTTPS://GW.EXAMPLE/mcp/", "graph"],
    ["https://gw.example/notes/mcp", "notes"],
    ["https://gw.example/notes/mcp/", "notes"],
  ])("AUT-3 finds the server of %s", (resource, name) => {
    expect(ask(resource).name).toBe(name);
  });

  it.each([
    ["https://gw.example/mcp?utm_source=plugin", "graph"],
    ["https://gw.example/mcp/?utm_source=plugin", "graph"],
    ["https://gw.example/mcp?", "graph"],
    ["https://gw.example/mcp?a=/notes/mcp&b=?c", "graph"],
    ["HTTPS://GW.example/notes/mcp?project_ref=Ab%20c", "notes"],
  ])("AUT-6 finds the server of %s, whose query names no other", (resource, name) => {
    expect(ask(resource).name).toBe(name);
  });

  it.each([
    "",
    "https://gw.example",
    "https://gw.example/",
    "https://gw.example/mcp//",
    "https://gw.example//mcp",
    "https://gw.example/MCP",
    "https://gw.example/mcp2",
    "https://gw.example/mcp-other",
    "https://gw.example/mcp/sub",
    "https://gw.example/notes",
    "https://gw.example/mcp#a",
    "https://gw.example/mcp#",
    "https://gw.example/mcp?a=b#c",
    "https://gw.example?/mcp",
    "https://gw.example/?a=/mcp",
    "https://gw.example/mcp//?a",
    "https://evil.example/?https://gw.example/mcp",
    "https://gw.example/mcp?a\nb",
    "https://gw.example/mcp?a b",
    "https://gw.example/mcp?\u00e9",
    "https://gw.example/mcp/../mcp",
    "https://gw.example/%6dcp",
    "https://gw.example:443/mcp",
    "https://gw.example:8443/mcp",
    "https://user@gw.example/mcp",
    "https://gw.example.evil.example/mcp",
    "https://evil.example/mcp",
    "http://gw.example/mcp",
    "gw.example/mcp",
    "/mcp",
    "graph",
    "api://b7d9f3a4-6c81-4ea2-8f39-1a3b5c7d9e20/Mcp.Access",
    " https://gw.example/mcp",
    "https://gw.example/mcp\n",
  ])("AUT-3 AUT-6 refuses %j", (resource) => {
    expect(refusalOf(() => ask(resource))).toMatchObject({
      code: "invalid_target",
      status: 400,
      description: "resource names no MCP server of this gateway.",
    });
  });
});
