import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "./load.ts";
import { type Deployment, resolvedGatewaySchema, resolveGateway } from "./resolve.ts";

const config = parseGatewayConfig(
  {
    name: "Gateway",
    servers: [
      {
        name: "graph",
        title: "Microsoft Graph",
        backend: { app: "graph-mcp" },
        entra: { scope: "Mcp.Access" },
        scopes: [{ name: "mcp.tools", description: "use the tools" }],
        access: { roles: ["Mcp.User"] },
      },
      {
        name: "notes",
        title: "Notes",
        backend: { url: "https://notes.example/v1/mcp" },
        entra: { scope: "api://notes/Notes.Use" },
        scopes: [
          { name: "notes.read", description: "read your notes" },
          { name: "notes.write", description: "change your notes", required: false },
        ],
      },
      {
        name: "files",
        title: "Files",
        path: "/team/files",
        backend: { url: "https://files.example" },
        entra: { scope: "api://files/Files.Use" },
        scopes: [{ name: "files.read", description: "read your files" }],
      },
    ],
    clients: [{ id: "inspector", name: "Inspector", redirectUris: ["http://localhost:6274/callback"] }],
  },
  "test",
);
const deployment: Deployment = {
  origin: "https://gw.example",
  apps: { "graph-mcp": { mcpUrl: "https://graph.example/mcp", applicationId: "0f" } },
};

describe("resolveGateway", () => {
  const resolved = resolveGateway(config, deployment);

  it("DIS-4 makes the bare origin the issuer", () => {
    expect(resolved.issuer).toBe("https://gw.example");
  });

  it("DIS-2 makes each server's URL at the gateway its resource", () => {
    expect(resolved.servers.map(({ path, resource }) => ({ path, resource }))).toEqual([
      { path: "/mcp", resource: "https://gw.example/mcp" },
      { path: "/notes/mcp", resource: "https://gw.example/notes/mcp" },
      { path: "/team/files", resource: "https://gw.example/team/files" },
    ]);
  });

  it("takes backend and Entra scope from the deployment for an app, to the letter for a URL", () => {
    expect(
      resolved.servers.map(({ backendUrl, entraScope, signInScope }) => ({
        backendUrl,
        entraScope,
        signInScope,
      })),
    ).toEqual([
      {
        backendUrl: "https://graph.example/mcp",
        entraScope: "api://0f/Mcp.Access",
        signInScope: "api://0f/.default",
      },
      {
        backendUrl: "https://notes.example/v1/mcp",
        entraScope: "api://notes/Notes.Use",
        signInScope: "api://notes/Notes.Use",
      },
      {
        backendUrl: "https://files.example",
        entraScope: "api://files/Files.Use",
        signInScope: "api://files/Files.Use",
      },
    ]);
  });

  it("CLI-10 hands on the schemes for redirect URIs, and does without them in an earlier release's setting", () => {
    const { redirectSchemes, ...earlier } = resolveGateway(
      { ...config, redirectSchemes: ["acme"] },
      deployment,
    );
    expect(redirectSchemes).toEqual(["acme"]);
    expect(resolvedGatewaySchema.parse(earlier).redirectSchemes).toEqual([]);
  });

  it("hands on names, titles, scopes, roles, clients and lifetimes", () => {
    expect(resolved).toMatchObject({ name: "Gateway", clients: config.clients, lifetimes: config.lifetimes });
    expect(
      resolved.servers.map(({ name, title, scopes, roles }) => ({ name, title, scopes, roles })),
    ).toEqual(
      config.servers.map(({ name, title, scopes, access }) => ({ name, title, scopes, roles: access.roles })),
    );
  });

  it("comes through JSON as it is", () => {
    expect(resolvedGatewaySchema.parse(JSON.parse(JSON.stringify(resolved)))).toEqual(resolved);
  });

  it("GW-16 fills in the audiences of Entra tokens, by the application's ID and its URI", () => {
    const id = "0f1e2d3c-4b5a-4697-8807-162534435261";
    const entraTokens = { clients: [id], users: {}, workloads: { Work: ["mcp.tools"] } };
    const audiencesOf = (scope: string, more = {}) => {
      const servers = config.servers.map((server) => ({
        ...server,
        entra: { scope },
        entraTokens: { ...entraTokens, ...more },
      }));
      return resolveGateway({ ...config, servers }, deployment).servers.map(
        (server) => server.entraTokens?.audiences,
      );
    };
    expect(audiencesOf(`api://${id}/Use`)).toEqual([
      ["0f", "api://0f"],
      [id, `api://${id}`],
      [id, `api://${id}`],
    ]);
    expect(audiencesOf("api://x/Use", { audiences: ["api://x"] })[1]).toEqual(["api://x"]);
    expect(resolved.servers.every((server) => server.entraTokens === undefined)).toBe(true);
  });

  it("names the app that is not deployed", () => {
    expect(() => resolveGateway(config, { ...deployment, apps: {} })).toThrow(
      'servers[0].backend.app: "graph-mcp" is not deployed',
    );
  });
});

describe("the resolved gateway's schema", () => {
  const resolved = resolveGateway(config, deployment);

  it.each([
    "https://gw.example/",
    "https://gw.example/base",
    "https://GW.example",
    "https://gw.example:443",
    "https://gw.example?a",
    "gw.example",
    "",
  ])("DIS-4 refuses %j as issuer", (issuer) => {
    expect(resolvedGatewaySchema.safeParse({ ...resolved, issuer }).success).toBe(false);
  });

  it("refuses a gateway without a server", () => {
    expect(resolvedGatewaySchema.safeParse({ ...resolved, servers: [] }).success).toBe(false);
  });

  it("refuses a client that the configuration would refuse", () => {
    const clients = [{ id: "a", name: "A", redirectUris: ["javascript:alert(1)"] }];
    expect(resolvedGatewaySchema.safeParse({ ...resolved, clients }).success).toBe(false);
  });
});
