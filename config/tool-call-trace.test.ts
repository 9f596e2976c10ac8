import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "./load.ts";
import { tracedTools } from "./tool-call-trace.ts";

const parse = (changes: object) =>
  parseGatewayConfig(
    {
      servers: [
        {
          name: "graph",
          title: "Graph",
          backend: { app: "graph-mcp" },
          entra: { scope: "Mcp.Access" },
          scopes: [{ name: "mcp.tools", description: "use the tools" }],
          ...changes,
        },
      ],
    },
    "g.ts",
  ).servers[0];

const traced = (changes: object) => {
  const server = parse(changes);
  return server && tracedTools(server);
};
const tools = {
  rules: [
    { name: "delete_*", deny: true },
    { name: "get_me", roles: ["Reader"] },
  ],
};

describe("traceToolCalls", () => {
  it.each([
    [{}, undefined],
    [{ traceToolCalls: false, tools }, undefined],
    [{ traceToolCalls: true }, []],
    [{ tools }, ["get_me"]],
    [{ tools: { default: "deny" } }, []],
    [{ prompts: { default: "deny" } }, undefined],
    [{ traceToolCalls: { tools: ["a", "get_me", "a"] }, tools }, ["a", "get_me"]],
  ])("GW-20 of %j tells apart %j", (changes, expected) => {
    expect(traced(changes)).toEqual(expected);
  });

  it.each([["a b"], [""], ["{{x}}"], ["x".repeat(129)], ["<a>"], ["ä"]])(
    "GW-20 takes no tool named %j",
    (name) => {
      expect(() => parse({ traceToolCalls: { tools: [name] } })).toThrow(
        "servers[0].traceToolCalls.tools[0]: is not 1 to 128 letters",
      );
    },
  );
});
