import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "../../config/load.ts";
import { resolveGateway } from "../../config/resolve.ts";
import type { GatewayConfigInput } from "../../config/schema.ts";
import { type Route, routes } from "../../functions/authorization-server/routes.ts";
import { REQUEST_MILLISECONDS } from "../../functions/platform/request-scope.ts";
import { describeGateway } from "./describe.ts";
import type { ApiDescription } from "./description.ts";

const POLICIES = resolve(import.meta.dirname, "../../policies");
const graph: GatewayConfigInput["servers"][number] = {
  name: "graph",
  title: "Microsoft Graph",
  backend: { app: "graph-mcp" },
  entra: { scope: "Mcp.Access" },
  scopes: [
    { name: "mcp.tools", description: "use the tools" },
    { name: "mcp.more", description: "use more tools" },
    { name: "mcp.admin", description: "change the tools", required: false },
  ],
};
const notes: GatewayConfigInput["servers"][number] = {
  name: "notes",
  title: "Notes",
  backend: { url: "https://notes.example/v1/mcp" },
  entra: { scope: "api://notes/Notes.Use" },
  scopes: [{ name: "notes.read", description: "read your notes" }],
};

function described(input: GatewayConfigInput = { servers: [graph, notes] }) {
  const config = parseGatewayConfig(input, "test");
  const gateway = resolveGateway(config, {
    origin: "https://gw.example",
    apps: { "graph-mcp": { mcpUrl: "https://graph.example/mcp", applicationId: "0f" } },
  });
  return describeGateway(gateway, config, {
    url: "https://as.example",
    audience: "api://1e",
    gatewayIdentityClientId: "2d",
  });
}

const description = described();
const [oauth, ...mcp] = description.apis as [ApiDescription, ...ApiDescription[]];
const policyFiles = readdirSync(POLICIES, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".xml"),
);
const policyText = policyFiles.map((name) => readFileSync(join(POLICIES, name), "utf8")).join("\n");

describe("the OAuth API", () => {
  const served = Object.entries<Route>(routes).filter(([, route]) => route.caller !== "gateway");

  it("has an operation for every route but the gateway's own, and none other", () => {
    const expected = served.flatMap(([, { method, path }]) =>
      path.endsWith("/{*path}")
        ? ["", "/mcp", "/notes/mcp"].map((suffix) => `${method} ${path.replace("/{*path}", suffix)}`)
        : [`${method} ${path}`],
    );
    const operations = oauth.operations.map(({ method, urlTemplate }) => `${method} ${urlTemplate}`);
    expect(operations.sort()).toEqual(expected.sort());
  });

  it("GW-2 makes no operation of what only the gateway calls", () => {
    const own = Object.values<Route>(routes).filter((route) => route.caller === "gateway");
    expect(own.length).toBeGreaterThan(0);
    for (const { path } of own) {
      expect(oauth.operations.map((operation) => operation.urlTemplate)).not.toContain(path);
    }
  });

  it("DIS-7 lets nothing else through: no operation has a wildcard, and but for a client's ID none a parameter", () => {
    for (const { urlTemplate } of oauth.operations) {
      expect(urlTemplate.replace(/^\/register\/\{client_id\}$/, "")).not.toMatch(/[{}*]/);
    }
  });

  it("DIS-1 answers for the metadata of every server and of the root", () => {
    const metadata = oauth.operations.filter(({ name }) => name.startsWith("protected-resource-metadata"));
    expect(metadata.map(({ name, urlTemplate }) => [name, urlTemplate])).toEqual([
      ["protected-resource-metadata", "/.well-known/oauth-protected-resource"],
      ["protected-resource-metadata-graph", "/.well-known/oauth-protected-resource/mcp"],
      ["protected-resource-metadata-notes", "/.well-known/oauth-protected-resource/notes/mcp"],
    ]);
  });

  it("stands at the root, before the authorization server", () => {
    expect(oauth).toMatchObject({ path: "", serviceUrl: "https://as.example", policy: "oauth/api.xml" });
  });

  it("DIS-8 lets scripts call documents and clients' endpoints, and nothing that a person's browser walks through", () => {
    const corsOf = (policy: string | undefined) =>
      readFileSync(join(POLICIES, policy ?? ""), "utf8").includes("<cors ");
    expect(corsOf(oauth.policy)).toBe(false);
    for (const [name, { caller }] of served) {
      const operations = oauth.operations.filter((each) => each.name === name);
      for (const { policy } of operations)
        expect([name, corsOf(policy)]).toEqual([name, caller === "anyone" || caller === "client"]);
    }
  });

  it("GW-7 limits the rate of everything, and of documents by a counter of their own", () => {
    const limits = (policy: string | undefined) =>
      [
        ...readFileSync(join(POLICIES, policy ?? ""), "utf8").matchAll(
          /<rate-limit-by-key calls="\{\{([\w-]+)/g,
        ),
      ].map(([, value]) => value);
    for (const [name, { caller }] of served) {
      const [operation] = oauth.operations.filter((each) => each.name === name);
      const counters = limits(operation?.policy);
      expect(counters.length).toBeGreaterThan(0);
      expect([name, counters.includes("rate-limit-documents-calls")]).toEqual([name, caller === "anyone"]);
    }
  });
});

describe("the MCP APIs", () => {
  it("are one for each server, at its path, before its backend", () => {
    expect(
      mcp.map(({ name, displayName, path, serviceUrl }) => ({ name, displayName, path, serviceUrl })),
    ).toEqual([
      {
        name: "mcp-graph",
        displayName: "Microsoft Graph",
        path: "mcp",
        serviceUrl: "https://graph.example/mcp",
      },
      {
        name: "mcp-notes",
        displayName: "Notes",
        path: "notes/mcp",
        serviceUrl: "https://notes.example/v1/mcp",
      },
    ]);
  });

  it("take POST, GET and DELETE at that very path, all under the API's policy alone", () => {
    for (const { policy, operations } of mcp) {
      expect(policy).toBe("mcp/api.xml");
      expect(operations.map(({ method, urlTemplate }) => `${method} ${urlTemplate}`)).toEqual([
        "POST /",
        "GET /",
        "DELETE /",
      ]);
      expect(operations.every((operation) => operation.policy === undefined)).toBe(true);
    }
  });
});

describe("names", () => {
  it("are those of API Management's resources, each once", () => {
    const apis = description.apis.map(({ name }) => name);
    expect(new Set(apis).size).toBe(apis.length);
    for (const { operations } of description.apis) {
      const names = operations.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,79}$/);
    }
    for (const name of [...apis, ...description.fragments.map(({ id }) => id)]) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,79}$/);
    }
  });
});

describe("policy files", () => {
  const named = new Set([
    ...description.apis.flatMap((api) => [api.policy, ...api.operations.map(({ policy }) => policy)]),
    ...description.fragments.map(({ policy }) => policy),
  ]);
  named.delete(undefined);

  it("all exist that are named, and all are named that exist", () => {
    expect([...named].sort()).toEqual(policyFiles.map((name) => name.replaceAll("\\", "/")).sort());
  });

  it("include the fragments that are described, and those alone", () => {
    const included = new Set(
      [...policyText.matchAll(/<include-fragment fragment-id="([^"]+)"/g)].map(([, id]) => id),
    );
    expect([...included].sort()).toEqual(description.fragments.map(({ id }) => id).sort());
  });
});

describe("the gateway's timeouts", () => {
  it("SES-4 are longer than a request to the authorization server may take, so that its own answer arrives", () => {
    const oauth = /<forward-request timeout="(\d+)"/.exec(
      readFileSync(join(POLICIES, "oauth/api.xml"), "utf8"),
    );
    const internal = /<send-request [^>]*timeout="(\d+)"/.exec(
      readFileSync(join(POLICIES, "fragments/session-token.xml"), "utf8"),
    );
    for (const [, seconds] of [oauth ?? [], internal ?? []]) {
      expect(Number(seconds) * 1000).toBeGreaterThanOrEqual(REQUEST_MILLISECONDS + 5_000);
    }
  });
});

describe("named values", () => {
  const values = new Map(description.namedValues.map(({ name, value }) => [name, value]));

  it("are all defined that a policy uses, and all used that are defined", () => {
    const used = new Set([...policyText.matchAll(/\{\{([^{}]+)\}\}/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual([...values.keys()].sort());
    expect(values.size).toBe(description.namedValues.length);
  });

  it("say where the parts are", () => {
    expect(Object.fromEntries(values)).toMatchObject({
      "authorization-server-audience": "api://1e",
      "authorization-server-url": "https://as.example",
      "gateway-identity-client-id": "2d",
      "gateway-origin": "https://gw.example",
      "rate-limit-mcp-calls": "1200",
      "rate-limit-register-period": "300",
    });
  });

  it("allow pages of every origin, unless some are named", () => {
    expect(values.get("mcp-allowed-origins")).toBe("*");
    const allowedOrigins = ["https://a.example", "http://localhost:6274"];
    const { namedValues } = described({ servers: [graph], allowedOrigins });
    expect(namedValues).toContainEqual({
      name: "mcp-allowed-origins",
      value: "https://a.example http://localhost:6274",
    });
  });

  it("TOK-10 name the required scopes of each server, and no optional one", () => {
    expect(values.get("mcp-scopes")).toBe("/mcp=mcp.tools mcp.more;/notes/mcp=notes.read");
  });

  it("hold at most 4096 characters under the largest configuration that is accepted, and are never empty", () => {
    const scopes = (count: number, length: number) =>
      Array.from({ length: count }, (_, i) => ({
        name: `${i}`.padEnd(length, "x"),
        description: "x".repeat(200),
      }));
    const servers = [20, 20, 20, 2].map((count, i) => ({
      ...notes,
      name: `s${i}`,
      path: `/s${i}`,
      scopes: scopes(count, 64),
    }));
    const rateLimits = { mcp: { calls: 1_000_000, period: 300 } };
    const allowedOrigins = Array.from({ length: 20 }, (_, i) => `https://${String(i).padEnd(192, "x")}`);
    for (const { name, value } of described({ servers, rateLimits, allowedOrigins }).namedValues) {
      expect(name).toMatch(/^[\w.-]{1,256}$/);
      expect(value.length).toBeGreaterThan(0);
      expect(value.length).toBeLessThanOrEqual(4096);
    }
    const tooMany = servers.map((server) => ({ ...server, scopes: scopes(20, 64) }));
    expect(() => described({ servers: tooMany })).toThrow("API Management takes 4096");
  });

  it("hold nothing that would end a C# string or a policy's attribute", () => {
    for (const { value } of description.namedValues) expect(value).not.toMatch(/["\\{}<>&\r\n]/);
  });
});
