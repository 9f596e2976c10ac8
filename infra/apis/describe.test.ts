import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "../../config/load.ts";
import { resolveGateway } from "../../config/resolve.ts";
import type { GatewayConfigInput } from "../../config/schema.ts";
import { isOperation, methodsOf, type Route, routes } from "../../functions/authorization-server/contract.ts";
import { REQUEST_MILLISECONDS } from "../../functions/platform/request-scope.ts";
import { readPolicy } from "../policies/policy-file.ts";
import { describeGateway } from "./describe.ts";
import type { ApiDescription, PolicySource } from "./description.ts";

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
  return describeGateway(
    gateway,
    config,
    { url: "https://as.example", audience: "api://1e", gatewayIdentityClientId: "2d" },
    {
      authorityHost: "https://login.example",
      issuerV1Host: "https://sts.example",
      tenantId: "11111111-2222-4333-8444-555555555555",
    },
  );
}

/** What the provider takes for an operation, which is narrower than what it takes for an API. */
const RESOURCE_NAME = /^[a-zA-Z0-9]([a-zA-Z0-9-_]{0,78}[a-zA-Z0-9])?$/;
const description = described();
const [oauth, ...mcp] = description.apis as [ApiDescription, ...ApiDescription[]];
const policyFiles = readdirSync(POLICIES, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".xml"),
);
/** Fragments that this deployment has of its own, in no file. */
const written = description.fragments.flatMap(({ policy }) => (typeof policy === "string" ? [] : [policy]));
const policyText = [
  ...policyFiles.map((name) => readFileSync(join(POLICIES, name), "utf8")),
  ...written.map(({ xml }) => xml),
].join("\n");

describe("the OAuth API", () => {
  const served = Object.entries<Route>(routes).filter(([, route]) => isOperation(route));

  it("has an operation for every route but the gateway's own, and none other", () => {
    const expected = served.flatMap(([, route]) =>
      methodsOf(route).flatMap((method) =>
        route.path.endsWith("/{*path}")
          ? ["", "/mcp", "/notes/mcp"].map((suffix) => `${method} ${route.path.replace("/{*path}", suffix)}`)
          : [`${method} ${route.path}`],
      ),
    );
    const operations = oauth.operations.map(({ method, urlTemplate }) => `${method} ${urlTemplate}`);
    expect(operations.sort()).toEqual(expected.sort());
  });

  it("GW-2 makes no operation of what only the gateway calls", () => {
    const own = Object.values<Route>(routes).filter((route) => !isOperation(route));
    expect(own.map(({ caller }) => caller).sort()).toEqual(["gateway", "key-fetcher"]);
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
    const head = oauth.operations.filter(({ name }) => name.startsWith("head-protected-resource-metadata"));
    expect(head.map(({ urlTemplate }) => urlTemplate)).toEqual(
      metadata.map(({ urlTemplate }) => urlTemplate),
    );
    expect(metadata.map(({ name, urlTemplate }) => [name, urlTemplate])).toEqual([
      ["protected-resource-metadata", "/.well-known/oauth-protected-resource"],
      ["protected-resource-metadata-mcp", "/.well-known/oauth-protected-resource/mcp"],
      ["protected-resource-metadata-notes_mcp", "/.well-known/oauth-protected-resource/notes/mcp"],
    ]);
  });

  it("stands at the root, before the authorization server", () => {
    expect(oauth).toMatchObject({ path: "", serviceUrl: "https://as.example", policy: "oauth/api.xml" });
  });

  it("DIS-8 lets scripts call documents and clients' endpoints, and nothing that a person's browser walks through", () => {
    const corsOf = (policy: PolicySource | undefined) => readPolicy(policy ?? "", "full").includes("<cors ");
    expect(corsOf(oauth.policy)).toBe(false);
    for (const [name, { caller }] of served) {
      const operations = oauth.operations.filter((each) => each.name === name);
      for (const { policy } of operations)
        expect([name, corsOf(policy)]).toEqual([name, caller === "anyone" || caller === "client"]);
    }
  });

  it("GW-7 limits the rate of everything, and of documents by a counter of their own", () => {
    const limits = (policy: PolicySource | undefined) =>
      [...readPolicy(policy ?? "", "full").matchAll(/<rate-limit-by-key calls="\{\{([\w-]+)/g)].map(
        ([, value]) => value,
      );
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
        name: "mcp-mcp",
        displayName: "Microsoft Graph (/mcp)",
        path: "mcp",
        serviceUrl: "https://graph.example/mcp",
      },
      {
        name: "mcp-notes_mcp",
        displayName: "Notes (/notes/mcp)",
        path: "notes/mcp",
        serviceUrl: "https://notes.example/v1/mcp",
      },
    ]);
  });

  it("take POST, GET, HEAD and DELETE at that very path, all under the API's policy alone", () => {
    for (const { policy, operations } of mcp) {
      expect(policy).toBe("mcp/api.xml");
      expect(operations.map(({ method, urlTemplate }) => `${method} ${urlTemplate}`)).toEqual([
        "POST /",
        "GET /",
        "HEAD /",
        "DELETE /",
      ]);
      expect(operations.every((operation) => operation.policy === undefined)).toBe(true);
    }
  });
});

describe("sizes", () => {
  it("stay within the 100 operations that an API of the v2 tiers has, with as many servers as can be configured", () => {
    const servers = Array.from({ length: 30 }, (_, i) => ({ ...notes, name: `s${i}`, path: `/s${i}` }));
    for (const { operations } of described({ servers }).apis)
      expect(operations.length).toBeLessThanOrEqual(100);
  });
});

describe("names", () => {
  it("are those of API Management's resources, each once", () => {
    const apis = description.apis.map(({ name }) => name);
    expect(new Set(apis).size).toBe(apis.length);
    for (const { operations } of description.apis) {
      const names = operations.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(RESOURCE_NAME);
    }
    for (const name of [...apis, ...description.fragments.map(({ id }) => id)]) {
      expect(name).toMatch(RESOURCE_NAME);
    }
  });

  it("OPS-1 go by the path: a server with another name, title and backend at the same path is the same API", () => {
    const renamed = described({
      servers: [
        { ...graph, name: "files", title: "Files" },
        { ...notes, name: "diary", path: "/notes/mcp" },
      ],
    });
    const identities = (each: typeof description) =>
      each.apis.map(({ name, path, operations }) => ({
        name,
        path,
        operations: operations.map((operation) => [operation.name, operation.method, operation.urlTemplate]),
      }));
    expect(identities(renamed)).toEqual(identities(description));
  });

  it("OPS-1 leave no two APIs or operations to exchange a path or a display name when two servers exchange theirs", () => {
    const exchanged = described({
      servers: [
        { ...graph, path: "/notes/mcp" },
        { ...notes, path: "/mcp" },
      ],
    });
    const paths = (each: typeof description) => ({
      apis: new Map(each.apis.map(({ name, path }) => [name, path])),
      operations: new Map(
        each.apis.flatMap((api) =>
          api.operations.map((operation) => [`${api.name} ${operation.name}`, operation.urlTemplate]),
        ),
      ),
    });
    expect(paths(exchanged)).toEqual(paths(description));
    const before = new Map(description.apis.map(({ name, displayName }) => [displayName, name]));
    for (const { name, displayName } of exchanged.apis) {
      expect(before.get(displayName) ?? name).toBe(name);
    }
  });

  it("differ for paths that are nearly alike, and stay within what API Management takes", () => {
    const long = "/a".padEnd(100, "a");
    const paths = [
      ...["/a/b", "/a-b", "/a--b", "/a-/b", "/a/b-", "/ab", "/a", "/a-", "/a/b/c", "/a-b/c"],
      ...[`${long}x`, `${long}y`, `${long}/x`, `${long}-`],
    ];
    const servers = paths.map((path, index) => ({ ...notes, name: `s${index}`, path }));
    const { apis } = described({ servers });
    const [first, ...others] = apis as [ApiDescription, ...ApiDescription[]];
    for (const names of [apis.map(({ name }) => name), first.operations.map(({ name }) => name)]) {
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(RESOURCE_NAME);
    }
    expect(others.map(({ path }) => `/${path}`)).toEqual(paths);
    for (const { displayName } of apis) expect(displayName.length).toBeLessThanOrEqual(300);
  });
});

describe("policy files", () => {
  const named = new Set([
    ...description.apis.flatMap((api) => [api.policy, ...api.operations.map(({ policy }) => policy)]),
    ...description.fragments.map(({ policy }) => policy),
  ]);
  const files = [...named].filter((policy) => typeof policy === "string");

  it("all exist that are named, and all are named that exist", () => {
    expect(files.sort()).toEqual(policyFiles.map((name) => name.replaceAll("\\", "/")).sort());
  });

  it("include the fragments that are described, and those alone", () => {
    const included = new Set(
      [...policyText.matchAll(/<include-fragment fragment-id="([^"]+)"/g)].map(([, id]) => id),
    );
    expect([...included].sort()).toEqual(description.fragments.map(({ id }) => id).sort());
  });
});

describe("an error of a limit", () => {
  it("GW-7 is known by its reason, which is documented, and not by its source, which is not", () => {
    expect(policyText).not.toMatch(/LastError\.Source == "rate-limit/);
    for (const file of ["mcp-error", "oauth-error", "sign-in-error"]) {
      const text = readFileSync(join(POLICIES, `fragments/${file}.xml`), "utf8");
      expect(text).toContain('context.LastError.Reason == "RateLimitExceeded"');
    }
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

  it("TOK-10 GW-13 name the required scopes of each server, and the optional ones apart", () => {
    expect(values.get("mcp-scopes")).toBe("/mcp=mcp.tools mcp.more;/notes/mcp=notes.read");
    expect(values.get("mcp-optional-scopes")).toBe("/mcp=mcp.admin;/notes/mcp=");
  });

  it("GW-1 lead validate-jwt to the keys by a document that the app serves, and the gateway does not", () => {
    const [, path] =
      /<openid-config url="\{\{authorization-server-url\}\}([^"]+)"/.exec(
        readFileSync(join(POLICIES, "mcp/api.xml"), "utf8"),
      ) ?? [];
    expect(path).toBe(routes["gateway-openid-configuration"].path);
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

describe("GW-16 servers that take Entra tokens", () => {
  const ID = "0f1e2d3c-4b5a-4697-8807-162534435261";
  const entraTokens = { clients: [ID], users: { "Mcp.Access": ["mcp.tools", "mcp.more"] } };
  const taking = described({ servers: [{ ...graph, entraTokens }, notes] });
  const [, first, second] = taking.apis;
  const policyOf = (api: ApiDescription | undefined, method: string) =>
    api?.operations.find((operation) => operation.method === method)?.policy;

  it("say so to every method's policy, and other servers have no such policy", () => {
    for (const method of ["POST", "GET", "HEAD", "DELETE"]) {
      const xml = readPolicy(policyOf(first, method) ?? "", "full");
      expect(xml).toContain('<set-variable name="entra-tokens" value="{&quot;clients&quot;:');
      expect(xml).toContain('<set-variable name="entra-audiences" value="{{entra-audiences-mcp}}" />');
      expect(policyOf(second, method)).toBeUndefined();
    }
    expect(taking.namedValues).toContainEqual({ name: "entra-audiences-mcp", value: "0f api://0f" });
    expect(taking.namedValues.map(({ name }) => name)).not.toContain("entra-audiences-notes_mcp");
  });

  it("have keys for each tenant, in a fragment of at most the 32 KB that API Management takes", () => {
    const tenants = Array.from(
      { length: 40 },
      (_, i) => `0f1e2d3c-4b5a-4697-8807-${String(i).padStart(12, "0")}`,
    );
    const { fragments } = described({ servers: [{ ...graph, entraTokens }], tenants });
    const xml = readPolicy(fragments.find(({ id }) => id === "entra-token")?.policy ?? "", "full");
    for (const tenant of ["{{entra-tenant-id}}", ...tenants]) {
      const keys = `"{{entra-authority-host}}/${tenant}/v2.0/.well-known/openid-configuration"`;
      expect(xml.split(keys)).toHaveLength(2);
    }
    expect(Buffer.byteLength(xml)).toBeLessThanOrEqual(32_000);
  });
});

describe("the policy of MCP servers", () => {
  it("GW-20 tells of the tool calls before each end of a request, once the caller is known", () => {
    const [, afterToken = ""] = readPolicy("mcp/api.xml", "full").split(
      '<include-fragment fragment-id="mcp-tool-calls" />',
    );
    const [sections = "", onError = ""] = afterToken.split("<on-error>");
    const ends = sections.match(
      /<include-fragment fragment-id="mcp-(challenge|refusal|unavailable|error)" \/>/g,
    );
    const told =
      sections.match(
        /<include-fragment fragment-id="mcp-tool-call-trace" \/>\s*<include-fragment fragment-id="mcp-(challenge|refusal|unavailable|error)" \/>/g,
      ) ?? [];
    expect(told.length).toBeGreaterThan(8);
    expect(told.length).toBe(ends?.length);
    expect(sections).not.toContain("<return-response");
    expect(sections).toMatch(/<include-fragment fragment-id="mcp-tool-call-trace" \/>\s*<\/outbound>/);
    expect(onError).toMatch(/^\s*<base \/>\s*<include-fragment fragment-id="mcp-tool-call-trace" \/>/);
  });
});
