import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "./load.ts";

const GROUP = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";

/** What a server with these members is refused for, without the file's name. */
function refusal(members: object): string {
  const server = {
    name: "graph",
    title: "Graph",
    backend: { app: "graph-mcp" },
    entra: { scope: "Mcp.Access" },
    scopes: [
      { name: "mcp.tools", description: "use the tools" },
      { name: "mcp.more", description: "use more", required: false },
    ],
    ...members,
  };
  try {
    parseGatewayConfig({ servers: [server] } as never, "g.ts");
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

const rules = (...each: object[]) => ({ tools: { rules: each } });

describe("GW-12 access rules", () => {
  it.each<[string, object]>([
    ["a scope", rules({ name: "x", scopes: ["mcp.more"] })],
    ["a role", rules({ name: "x", roles: ["A"] })],
    ["a group", rules({ name: "x", groups: [GROUP] })],
    ["a rate", rules({ name: "x", rate: { calls: 1, period: 300 } })],
    ["a denial", rules({ name: "x", deny: true })],
    ["an exception from a default that denies", { tools: { default: "deny", rules: [{ name: "x" }] } }],
    [
      "prompts and resources",
      {
        prompts: { rules: [{ name: "A prompt", deny: true }] },
        resources: { rules: [{ uri: "file:///*", deny: true }] },
      },
    ],
    [
      "a title of a role that only a rule names",
      { ...rules({ name: "x", roles: ["A"] }), access: { titles: { A: "Admins" } } },
    ],
    [
      "a narrower rule beside a wider one",
      rules({ name: "x*", scopes: ["mcp.more"] }, { name: "xy*", deny: true }),
    ],
    ["no rule", { tools: {} }],
  ])("may have %s", (_, members) => {
    expect(refusal(members)).toBe("accepted");
  });

  it.each<[string, object, string]>([
    [
      "a scope of another server",
      rules({ name: "x", scopes: ["other"] }),
      'servers[0].tools.rules[0]: needs "other", which is no scope of this server',
    ],
    [
      "a pattern twice",
      rules({ name: "x_*", deny: true }, { name: "X_*", deny: true }),
      'servers[0].tools.rules[1]: has the pattern of another rule, "x_*"; one rule can say both',
    ],
    [
      "a rule that another one denies",
      rules({ name: "x_*", deny: true }, { name: "x_y", roles: ["A"] }),
      'servers[0].tools.rules[1]: never applies, because "x_*" denies the same to everybody',
    ],
    [
      "the same the other way round",
      rules({ name: "x_y", roles: ["A"] }, { name: "x_*", deny: true }),
      "servers[0].tools.rules[0]: never applies",
    ],
    [
      "needs of what is denied",
      rules({ name: "x", deny: true, roles: ["A"] }),
      "servers[0].tools.rules[0]: denies, so nothing else that it says has an effect",
    ],
    [
      "a rate of what is denied",
      rules({ name: "x", deny: true, rate: { calls: 1, period: 1 } }),
      "denies, so nothing else",
    ],
    [
      "no need at all",
      rules({ name: "x" }),
      "servers[0].tools.rules[0]: allows what is allowed to everybody anyway",
    ],
    [
      "only a scope that every token has",
      rules({ name: "x", scopes: ["mcp.tools"] }),
      "allows what is allowed to everybody anyway",
    ],
    [
      "a fault of a resource's rule",
      { resources: { rules: [{ uri: "x" }] } },
      "servers[0].resources.rules[0]: allows what",
    ],
    [
      "a title of nothing",
      { ...rules({ name: "x", roles: ["A"] }), access: { titles: { B: "Admins" } } },
      "servers[0].access.titles.B: is a title for no role or group of this server",
    ],
    [
      "an empty pattern",
      rules({ name: "", deny: true }),
      "servers[0].tools.rules[0].name: is 1 to 200 printable ASCII characters",
    ],
    [
      "a pattern with a blank at its end",
      rules({ name: "x ", deny: true }),
      "servers[0].tools.rules[0].name: is 1 to 200",
    ],
    [
      "a pattern that is not ASCII",
      rules({ name: "löschen", deny: true }),
      "servers[0].tools.rules[0].name: is 1 to 200",
    ],
    [
      "a pattern with braces",
      rules({ name: "{x}", deny: true }),
      "servers[0].tools.rules[0].name: is 1 to 200",
    ],
    ["a long pattern", rules({ name: "x".repeat(201), deny: true }), "servers[0].tools.rules[0].name"],
    [
      "a role with braces",
      rules({ name: "x", roles: ["{A}"] }),
      "servers[0].tools.rules[0].roles[0]: has braces",
    ],
    [
      "a name in the place of a URI",
      { resources: { rules: [{ name: "x", deny: true }] } },
      "servers[0].resources.rules[0]",
    ],
    [
      "a rate of no call",
      rules({ name: "x", rate: { calls: 0, period: 60 } }),
      "servers[0].tools.rules[0].rate.calls",
    ],
    [
      "a rate of a long period",
      rules({ name: "x", rate: { calls: 1, period: 301 } }),
      "servers[0].tools.rules[0].rate.period",
    ],
    ["an unknown field", rules({ name: "x", denied: true }), "servers[0].tools.rules[0]"],
    ["another default", { tools: { default: "maybe" } }, "servers[0].tools.default"],
  ])("may not have %s", (_, members, says) => {
    expect(refusal(members)).toContain(says);
  });

  it("hold the same whatever they are for: a URI becomes the rule's name", () => {
    const config = parseGatewayConfig(
      {
        servers: [
          {
            name: "graph",
            title: "Graph",
            backend: { app: "graph-mcp" },
            entra: { scope: "Mcp.Access" },
            scopes: [{ name: "mcp.tools", description: "use the tools" }],
            resources: { rules: [{ uri: "note://*", deny: true }] },
          },
        ],
      },
      "g.ts",
    );
    expect(config.servers[0]?.resources).toEqual({
      default: "allow",
      hide: false,
      rules: [{ name: "note://*", scopes: [], roles: [], groups: [], deny: true }],
    });
  });
});
