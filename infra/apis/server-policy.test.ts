import { readPolicyDocument, SourceFile } from "apim-local-gateway";
import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "../../config/load.ts";
import { type ResolvedServer, resolveGateway } from "../../config/resolve.ts";
import type { GatewayConfigInput } from "../../config/schema.ts";
import { withoutRateLimits } from "../policies/policy-file.ts";
import { accessRulesData } from "./access-rules-data.ts";
import { type DescribedServer, serverPolicy } from "./server-policy.ts";

const GROUP = "94e5f071-d8e9-4afb-bc2d-3e4f5a6b7c8d";

function describedWith(members: Partial<GatewayConfigInput["servers"][number]>): DescribedServer {
  const config = parseGatewayConfig(
    {
      servers: [
        {
          name: "graph",
          title: "Graph",
          backend: { app: "graph-mcp" },
          entra: { scope: "Mcp.Access" },
          scopes: [
            { name: "mcp.tools", description: "use the tools" },
            { name: "mcp.more", description: "use more", required: false },
          ],
          ...members,
        },
      ],
    },
    "test",
  );
  const apps = { "graph-mcp": { mcpUrl: "https://graph.example/mcp", applicationId: "0f" } };
  const [server] = resolveGateway(config, { origin: "https://gw.example", apps }).servers;
  const [own] = config.servers;
  if (!server || !own) throw new Error("there is no server");
  return { server, config: own };
}

const serverWith = (members: Parameters<typeof describedWith>[0]) => describedWith(members).server;

/** The data with its separators as a person reads them: a line for a kind or rule, bars between fields. */
const readable = (server: ResolvedServer, language: "en" | "de" = "en") =>
  accessRulesData(server, language)
    ?.replaceAll("\u241D", "\n")
    .replaceAll("\u241E", "\n")
    .replaceAll("\u241F", "|")
    .split("\n")
    .filter((line) => line !== "");

describe("the access rules' data", () => {
  it("is nothing where a server has none", () => {
    expect(accessRulesData(serverWith({}), "en")).toBeUndefined();
  });

  it("GW-12 has each kind with the lengths of the patterns' beginnings, and each rule with its fields", () => {
    const server = serverWith({
      tools: {
        hide: true,
        rules: [
          { name: "Mail_*_All", scopes: ["mcp.tools", "mcp.more"], roles: ["A", "B"], groups: [GROUP] },
          { name: "exact", deny: true },
          { name: "*x", rate: { calls: 1, period: 60 } },
        ],
      },
      resources: { default: "deny", rules: [{ uri: "note://*" }] },
    });
    expect(readable(server)).toEqual([
      "tools hide allow 0 |m,5|e,5",
      `mail_|*_all||mcp.tools mcp.more|A B|${GROUP}|A, B, ${GROUP}|`,
      "exact||deny|||||",
      "|*x||||||tools:2",
      "resources show deny  |n,7",
      "note://|*||||||",
    ]);
  });

  it("GW-12 calls roles and groups by their titles, in the language of the gateway", () => {
    const server = serverWith({
      access: { titles: { A: { en: "Admins {{x}}", de: "Verwaltung\n\u241F" } } },
      tools: { rules: [{ name: "x", roles: ["A", "B"] }] },
    });
    expect(readable(server)?.[1]).toBe("x|||" + "|A B||Admins x, B|");
    expect(readable(server, "de")?.[1]).toBe("x||||A B||Verwaltung , B|");
  });

  it("GW-12 calls a role by its value where nothing is left of its title", () => {
    const server = serverWith({
      access: { titles: { A: "{}" } },
      tools: { rules: [{ name: "x", roles: ["A"] }] },
    });
    expect(readable(server)?.[1]).toBe("x||||A||A|");
  });

  it("has room for more than a named value", () => {
    const rules = Array.from({ length: 100 }, (_, index) => ({
      name: `${"x".repeat(100)}${index}`,
      deny: true,
    }));
    expect(accessRulesData(serverWith({ tools: { rules } }), "en")?.length).toBeGreaterThan(4096);
  });
});

describe("a server's own policy", () => {
  it("is none where the server has no rules, and none of other methods", () => {
    expect(serverPolicy(describedWith({}), "POST", "en")).toEqual({});
    expect(serverPolicy(describedWith({ tools: {} }), "GET", "en")).toEqual({});
  });

  it("GW-12 gives the rules as a variable before what all servers do, and limits rates after it", () => {
    const server = describedWith({
      access: { titles: { A: 'The "A" & <B>' } },
      tools: {
        rules: [
          { name: "x", roles: ["A"] },
          { name: "y", rate: { calls: 5, period: 30 } },
        ],
      },
      traceToolCalls: false,
    });
    const { policy } = serverPolicy(server, "POST", "en");
    if (typeof policy !== "object") throw new Error("there is no policy");
    expect(policy.name).toBe("post-graph.xml");
    expect(policy.xml).toMatch(
      /<inbound>\s*<set-variable name="access-rules" value="[^"]*The &quot;A&quot; &amp; &lt;B&gt;[^"]*" \/>\s*<base \/>\s*<choose>/,
    );
    expect(policy.xml).toContain('<rate-limit-by-key calls="5" renewal-period="30"');
    expect(policy.xml).not.toMatch(/\{\{|\}\}/);
    expect(() => readPolicyDocument(new SourceFile(policy.name, policy.xml), new Map())).not.toThrow();
  });

  it("is still one without rate limits, as the Consumption tier takes it", () => {
    const { policy } = serverPolicy(
      describedWith({ tools: { rules: [{ name: "y", rate: { calls: 5, period: 30 } }] } }),
      "POST",
      "en",
    );
    if (typeof policy !== "object") throw new Error("there is no policy");
    const text = withoutRateLimits(policy.xml);
    expect(text).not.toContain("rate-limit");
    expect(() => readPolicyDocument(new SourceFile(policy.name, text), new Map())).not.toThrow();
    expect(text).not.toMatch(/<when[^>]*>\s*<\/when>/);
  });
});
