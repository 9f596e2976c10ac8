import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "./load.ts";
import { serverPath } from "./servers.ts";

const scope = { name: "mcp.tools", description: "use the tools" };
const graph = {
  name: "graph",
  title: "Microsoft Graph",
  backend: { app: "graph-mcp" },
  entra: { scope: "Mcp.Access" },
  scopes: [scope],
} as const;
const notes = {
  ...graph,
  name: "notes",
  backend: { url: "https://notes.example/mcp" },
  entra: { scope: "api://notes/Notes.Use" },
} as const;
const client = { id: "inspector", name: "Inspector", redirectUris: ["http://localhost:6274/callback"] };

/** What the configuration is refused for: one line a field. */
function refusal(config: unknown): string {
  try {
    parseGatewayConfig(config, "g.ts");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "accepted";
}

const TENANT = "7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12";
const withServer = (changes: object) => ({ servers: [{ ...graph, ...changes }] });
const resourceServer = { id: "backend", server: "graph", auth: { secretHash: "x".repeat(43) } };
const withResourceServer = (changes: object) => ({
  servers: [graph],
  resourceServers: [{ ...resourceServer, ...changes }],
});
const withBranding = (branding: object) => ({ servers: [graph], branding });
const copy = {
  client_id: "https://client.example/client.json",
  client_name: "Client",
  redirect_uris: ["http://localhost/callback"],
};
const withCopy = (changes: object) => ({
  servers: [graph],
  clientDocuments: { copies: [{ ...copy, ...changes }] },
});
const withProxy = (proxy: unknown) => ({ servers: [graph], clientDocuments: { proxy } });
const withClient = (changes: object) => ({ servers: [graph], clients: [{ ...client, ...changes }] });

const ID = "0f1e2d3c-4b5a-4697-8807-162534435261";

describe("the gateway's configuration", () => {
  it("takes groups and their titles in the lower case in which tokens have the IDs, and roles as they are", () => {
    const group = TENANT.toUpperCase();
    const access = {
      roles: ["Mcp.User"],
      groups: [group],
      titles: { [group]: "Field staff", "Mcp.User": "Users" },
    };
    expect(parseGatewayConfig(withServer({ access }), "g.ts").servers[0]?.access).toEqual({
      roles: ["Mcp.User"],
      groups: [TENANT],
      titles: { [TENANT]: "Field staff", "Mcp.User": "Users" },
    });
  });

  it("CLI-10 takes schemes and places in schemes for redirect URIs, and any for a client that it enters itself", () => {
    const redirectSchemes = ["acme", "vscode://acme.agent/callback"];
    const clients = [{ ...client, redirectUris: ["acme-agent://cb", "vscode://acme.agent/other"] }];
    const config = parseGatewayConfig({ servers: [graph], redirectSchemes, clients }, "g.ts");
    expect(config).toMatchObject({ redirectSchemes, clients });
  });

  it("takes every value that Entra takes for a role or a scope, and a role with a scope's name at another application", () => {
    const odd = "Mcp.Read:!#$%&'()*+,-./;<=>?@[]^_`{|}~9";
    const config = {
      servers: [
        { ...graph, entra: { scope: odd }, access: { roles: [`${odd}x`, "Notes.Use"] } },
        { ...notes, access: { roles: ["Notes.Use"] } },
      ],
    };
    expect(refusal(config)).toBe("accepted");
  });

  it("has a default for everything but the servers", () => {
    expect(parseGatewayConfig({ servers: [graph] }, "g.ts")).toEqual({
      name: "MCP gateway",
      cloud: "public",
      tenants: [],
      defaultLanguage: "en",
      branding: { color: "#0f5bb5" },
      servers: [
        {
          ...graph,
          identity: "entra-token",
          scopes: [{ ...scope, required: true }],
          access: { roles: [], groups: [], titles: {} },
        },
      ],
      requireResource: false,
      consent: { remember: { approvals: 0, denials: 0 } },
      clients: [],
      redirectSchemes: [],
      clientDocuments: { advertise: true, copies: [], knownClients: true },
      resourceServers: [],
      allowedOrigins: [],
      lifetimes: {
        accessToken: 3600,
        authorizationCode: 60,
        refreshToken: 30 * 86_400,
        session: 90 * 86_400,
        signIn: 600,
        refreshReplay: 60,
        registration: 90 * 86_400,
        gatewayCache: 300,
      },
      rateLimits: {
        register: { calls: 500, period: 300 },
        signIn: { calls: 2400, period: 60 },
        token: { calls: 2400, period: 60 },
        client: { calls: 1200, period: 60 },
        clientEverywhere: { calls: 60_000, period: 60 },
        mcp: { calls: 1200, period: 60 },
        documents: { calls: 3000, period: 60 },
      },
    });
  });

  it("keeps what the operator set beside the defaults of the rest", () => {
    const { lifetimes, rateLimits } = parseGatewayConfig(
      { servers: [graph], lifetimes: { accessToken: 60 }, rateLimits: { token: { calls: 5 } } },
      "g.ts",
    );
    expect(lifetimes).toMatchObject({ accessToken: 60, authorizationCode: 60 });
    expect(rateLimits.token).toEqual({ calls: 5, period: 60 });
  });

  it("CLI-15 takes a copy of a document as its host serves it, and keeps the members that we use", () => {
    const used = { ...copy, grant_types: ["authorization_code"], token_endpoint_auth_method: "none" };
    const config = withCopy({ ...used, logo_uri: "https://client.example/logo.png", x: { y: [1] } });
    expect(parseGatewayConfig(config, "g.ts").clientDocuments.copies).toEqual([used]);
  });

  it.each(["http://proxy.contoso.com:3128", "http://10.0.0.4:8080", "http://proxy", "http://[fd00::4]:3128"])(
    "CLI-15 takes the forward proxy %s",
    (proxy) => {
      expect(parseGatewayConfig(withProxy(proxy), "g.ts").clientDocuments.proxy).toBe(proxy);
    },
  );

  it.each([
    "https://proxy.contoso.com",
    "http://user:secret@proxy.contoso.com:3128",
    "http://user@proxy.contoso.com",
    "http://proxy.contoso.com:3128/",
    "http://proxy.contoso.com?x",
    "http://proxy.contoso.com#x",
    "http://proxy.contoso.com:99999",
    "socks5://proxy.contoso.com",
    "proxy.contoso.com:3128",
    "http://",
    5,
  ])("CLI-15 refuses the forward proxy %j, and shows nothing of it", (proxy) => {
    const message = refusal(withProxy(proxy));
    expect(message).toMatch(/^g\.ts: clientDocuments\.proxy: /);
    expect(message).not.toContain("secret");
  });

  it.each<[field: string, config: unknown, message: string]>([
    ["clientDocuments", { servers: [graph], clientDocuments: { copy: [] } }, '"copy"'],
    ["clientDocuments.advertise", { servers: [graph], clientDocuments: { advertise: "no" } }, "boolean"],
    ["clientDocuments.knownClients", { servers: [graph], clientDocuments: { knownClients: 1 } }, "boolean"],
    [
      "clientDocuments.copies",
      { servers: [graph], clientDocuments: { copies: Array(51).fill(copy) } },
      "<=50",
    ],
    ["clientDocuments.copies[0].client_id", withCopy({ client_id: undefined }), "is not the URL"],
    ["clientDocuments.copies[0].client_id", withCopy({ client_id: "http://c.example/c" }), "is not an https"],
    ["clientDocuments.copies[0].client_id", withCopy({ client_id: "https://10.0.0.1/c" }), "plain DNS name"],
    ["clientDocuments.copies[0]", withCopy({ client_name: 5 }), "client_name is not usable"],
    [
      "clientDocuments.copies[0]",
      withCopy({ redirect_uris: ["http://a.example/c"] }),
      "a redirect URI is http",
    ],
    ["clientDocuments.copies[0]", withCopy({ client_secret: "s" }), "it has a client_secret"],
    [
      "clientDocuments.copies[1].client_id",
      { servers: [graph], clientDocuments: { copies: [copy, copy] } },
      "stands twice",
    ],
    ["(top level)", undefined, "expected object"],
    ["(top level)", { servers: [graph], server: [] }, '"server"'],
    ["name", { servers: [graph], name: "" }, ">=1"],
    ["name", { servers: [graph], name: "x".repeat(81) }, "<=80"],
    ["servers", {}, "expected array"],
    ["servers", { servers: [] }, ">=1"],
    ["servers", { servers: Array(31).fill(graph) }, "<=30"],
    ["servers[0]", withServer({ backendUrl: "x" }), '"backendUrl"'],
    ["servers[0].name", withServer({ name: "Graph" }), "a-z, 0-9 and -"],
    ["servers[0].name", withServer({ name: "1st" }), "starts with a letter"],
    ["servers[0].name", withServer({ name: "x".repeat(32) }), "1 to 31"],
    ["servers[0].title", withServer({ title: "" }), ">=1"],
    ["servers[0].title", withServer({ title: { fr: "Graphe" } }), '"fr"'],
    ["servers[0].title", withServer({ title: 5 }), 'is one text, or one for each language: { en: "…"'],
    ["servers[0].title", withServer({ title: { de: "Graph" } }), 'has no text in the default language, "en"'],
    ["servers[0].title.en", withServer({ title: { en: "" } }), ">=1"],
    [
      "servers[0].scopes[0].description",
      withServer({ scopes: [{ name: "a", description: { de: "x" } }] }),
      "default language",
    ],
    ["requireResource", { servers: [graph], requireResource: "yes" }, "expected boolean"],
    ["defaultLanguage", { servers: [graph], defaultLanguage: "fr" }, '"en"|"de"'],
    ["consent.remember.approvals", { servers: [graph], consent: { remember: { approvals: -1 } } }, ">=0"],
    ["consent.remember.denials", { servers: [graph], consent: { remember: { denials: 3e6 } } }, "<=2592000"],
    ["branding.color", withBranding({ color: "blue" }), 'is no colour like "#0f5bb5"'],
    ["branding.color", withBranding({ color: "#0f5bb5;}" }), "is no colour"],
    ["branding.color", withBranding({ color: "#fff" }), "is no colour"],
    ["branding.logo", withBranding({ logo: "logo.svg" }), "is no SVG or PNG file"],
    ["branding.logo", withBranding({ logo: "https://contoso.example/logo.svg" }), "is no SVG or PNG file"],
    ["branding.logo", withBranding({ logo: "data:text/html;base64,PHA+" }), "is no SVG or PNG file"],
    ["branding", withBranding({ colour: "#0f5bb5" }), '"colour"'],
    ["branding.termsUrl", withBranding({ termsUrl: "http://contoso.example" }), "is no https URL"],
    ["branding.termsUrl", withBranding({ termsUrl: "javascript:alert(1)" }), "is no https URL"],
    ["branding.privacyUrl", withBranding({ privacyUrl: "https://a@contoso.example" }), "is no https URL"],
    [
      "branding.supportUrl",
      withBranding({ supportUrl: { de: "https://contoso.example" } }),
      "default language",
    ],
    ["servers[0].path", withServer({ path: "mcp" }), "1 to 4 segments"],
    ["servers[0].path", withServer({ path: "/mcp/" }), "without a slash at the end"],
    ["servers[0].path", withServer({ path: "/MCP" }), "a-z"],
    ["servers[0].path", withServer({ path: "/a/../b" }), "a-z"],
    ["servers[0].path", withServer({ path: "/a/b/c/d/e" }), "1 to 4 segments"],
    ["servers[0].path", withServer({ path: "/.well-known/mcp" }), "a-z"],
    ["servers[0].path", withServer({ path: "/" }), "1 to 4 segments"],
    ["servers[0].path", withServer({ path: `/${"x".repeat(200)}` }), "<=200"],
    ["servers[0].backend", withServer({ backend: {} }), '{ app: "graph-mcp" }'],
    ["servers[0].backend", withServer({ backend: { app: "other" } }), '{ app: "graph-mcp" }'],
    ["servers[0].backend.url", withServer({ backend: { url: "ftp://x.example" } }), "Invalid URL"],
    ["servers[0].backend.url", withServer({ backend: { url: "x" } }), "Invalid URL"],
    ["servers[0].backend", withServer({ backend: { app: "graph-mcp", url: "https://x.example" } }), "either"],
    ["servers[0].backend", withServer({ backend: { app: "graph-mcp", headers: {} } }), '"headers"'],
    ["servers[0].entra.scope", withServer({ entra: { scope: "" } }), ">=1"],
    ["servers[0].entra.scope", withServer({ entra: { scope: "Mcp Access" } }), "Entra does not take"],
    ["servers[0].entra.scope", withServer({ entra: { scope: "Mcp.Zugriffé" } }), "Entra does not take"],
    ["servers[0].entra.scope", withServer({ entra: { scope: 'Mcp"Access' } }), "Entra does not take"],
    ["servers[0].entra.scope", withServer({ entra: { scope: ".Access" } }), "begins with a dot"],
    ["servers[0].entra.scope", withServer({ entra: { scope: "x".repeat(121) } }), "longer than 120"],
    [
      "servers[0].entra.scope",
      { servers: [{ ...notes, entra: { scope: "api://notes/.Use" } }] },
      "begins with a dot",
    ],
    [
      "servers[0].entra.scope",
      { servers: [{ ...notes, entra: { scope: "api://notes/Use it" } }] },
      "Entra does not take",
    ],
    ["servers[0].scopes", withServer({ scopes: [] }), ">=1"],
    ["servers[0].scopes", withServer({ scopes: Array(21).fill(scope) }), "<=20"],
    ["servers[0].scopes", withServer({ scopes: [{ ...scope, required: false }] }), "no required scope"],
    ["servers[0].scopes[0].name", withServer({ scopes: [{ ...scope, name: "a b" }] }), "1 to 64"],
    ["servers[0].scopes[0].name", withServer({ scopes: [{ ...scope, name: 'a"b' }] }), "1 to 64"],
    ["servers[0].scopes[0].name", withServer({ scopes: [{ ...scope, name: "a;b=c" }] }), "1 to 64"],
    [
      "servers[0].scopes[0].name",
      withServer({ scopes: [{ ...scope, name: "offline_access" }] }),
      "no scope of",
    ],
    ["servers[0].scopes[0].description", withServer({ scopes: [{ name: "a", description: "" }] }), ">=1"],
    ["servers[0].scopes[0].required", withServer({ scopes: [{ ...scope, required: "yes" }] }), "boolean"],
    ["servers[0].access.roles[0]", withServer({ access: { roles: [""] } }), ">=1"],
    ["servers[0].access.roles[0]", withServer({ access: { roles: ["Field staff"] } }), "Entra does not take"],
    ["servers[0].access.roles[0]", withServer({ access: { roles: ["Außendienst"] } }), "Entra does not take"],
    ["servers[0].access.roles[0]", withServer({ access: { roles: ["Mcp\tUser"] } }), "Entra does not take"],
    ["servers[0].access.roles[1]", withServer({ access: { roles: ["A", ".B"] } }), "begins with a dot"],
    ["servers[0].access.roles[0]", withServer({ access: { roles: ["x".repeat(121)] } }), "<=120"],
    [
      "servers[0].access.roles[1]",
      withServer({ access: { roles: ["Mcp.User", "Mcp.Access"] } }),
      'is also the Entra scope of "graph"',
    ],
    [
      "servers[1].access.roles[0]",
      {
        servers: [
          graph,
          { ...graph, name: "more", entra: { scope: "Mcp.More" }, access: { roles: ["Mcp.Access"] } },
        ],
      },
      'is also the Entra scope of "graph"',
    ],
    ["servers[0].access", withServer({ access: { role: "Mcp.User" } }), '"role"'],
    ["servers[0].access.groups[0]", withServer({ access: { groups: ["Field staff"] } }), "UUID"],
    ["servers[0].access.titles.X", withServer({ access: { titles: { X: "x" } } }), "no role or group"],
    [
      `servers[0].access.titles.${TENANT}`,
      withServer({ access: { groups: [TENANT], titles: { [TENANT]: { de: "Gruppe" } } } }),
      "no text in the default language",
    ],
    ["cloud", { servers: [graph], cloud: "germany" }, '"usgovernment"'],
    ["tenants[0]", { servers: [graph], tenants: ["organizations"] }, "UUID"],
    ["tenants[0]", { servers: [graph], tenants: ["contoso.onmicrosoft.com"] }, "UUID"],
    ["tenants[1]", { servers: [graph], tenants: [TENANT, TENANT.toUpperCase()] }, "stands twice"],
    ["clients[0].id", withClient({ id: "a b" }), "1 to 128"],
    ["clients[0].name", withClient({ name: "" }), ">=1"],
    ["clients[0].redirectUris", withClient({ redirectUris: [] }), ">=1"],
    ["clients[0].redirectUris[0]", withClient({ redirectUris: ["javascript:alert(1)"] }), "javascript:"],
    ["clients[0].redirectUris[0]", withClient({ redirectUris: ["http://x.example/cb"] }), "not loopback"],
    [
      "clients[0].redirectUris[1]",
      withClient({ redirectUris: ["https://a.b/c", "https://a.b/c#d"] }),
      "fragment",
    ],
    [
      "clients[0].redirectUris[0]",
      withClient({ redirectUris: ["http://localhost/cb?iss=https://evil.example"] }),
      "brings the parameter iss",
    ],
    [
      "clients[0].redirectUris[0]",
      withClient({ redirectUris: ["microsoft-edge:https://evil.example"] }),
      "microsoft-edge:",
    ],
    ["redirectSchemes[0]", { servers: [graph], redirectSchemes: ["ms-word"] }, "opens a web site"],
    ["redirectSchemes[0]", { servers: [graph], redirectSchemes: ["web+acme"] }, "opens a web site"],
    ["redirectSchemes[1]", { servers: [graph], redirectSchemes: ["acme", "vscode"] }, "name the place"],
    ["redirectSchemes[0]", { servers: [graph], redirectSchemes: ["https"] }, "no private-use scheme"],
    ["redirectSchemes[1]", { servers: [graph], redirectSchemes: ["acme", "acme"] }, "stands twice"],
    ["clients[0]", withClient({ secret: "x" }), '"secret"'],
    ["clients[0].auth", withClient({ auth: "client_secret" }), '{ secretHash: "…" }'],
    ["clients[0].auth", withClient({ auth: {} }), '{ secretHash: "…" }'],
    ["clients[0].auth", withClient({ auth: { secret: "x" } }), '{ secretHash: "…" }'],
    [
      "clients[0].auth",
      withClient({ auth: { secretHash: "x".repeat(43), jwksUri: "https://c.example/k" } }),
      '{ secretHash: "…" }',
    ],
    ["clients[0].auth.secretHash", withClient({ auth: { secretHash: "my secret" } }), "no SHA-256"],
    ["clients[0].auth.jwks", withClient({ auth: { jwks: { keys: [] } } }), "no key set"],
    ["clients[0].auth.jwks", withClient({ auth: { jwks: { keys: [{ kty: "oct", k: "s" }] } } }), "private"],
    ["clients[0].auth.jwksUri", withClient({ auth: { jwksUri: "http://c.example/k" } }), "not an https URL"],
    ["clients[0].auth.jwksUri", withClient({ auth: { jwksUri: "https://10.0.0.1/k" } }), "no plain DNS name"],
    ["resourceServers[0].id", withResourceServer({ id: "a b" }), "1 to 128"],
    ["resourceServers[0].server", withResourceServer({ server: "other" }), '"other" is no server\'s name'],
    ["resourceServers[0].auth", withResourceServer({ auth: "none" }), '{ secretHash: "…" }'],
    ["resourceServers[0].auth", withResourceServer({ auth: undefined }), '{ secretHash: "…" }'],
    ["lifetimes.accessToken", { servers: [graph], lifetimes: { accessToken: 0 } }, ">=1"],
    ["lifetimes.accessToken", { servers: [graph], lifetimes: { accessToken: "1h" } }, "number"],
    ["lifetimes.accessToken", { servers: [graph], lifetimes: { accessToken: 86_401 } }, "<=86400"],
    ["lifetimes.authorizationCode", { servers: [graph], lifetimes: { authorizationCode: 601 } }, "<=600"],
    ["lifetimes.refreshToken", { servers: [graph], lifetimes: { refreshToken: 1.5 } }, "int"],
    ["lifetimes.session", { servers: [graph], lifetimes: { session: -1 } }, ">=1"],
    ["lifetimes.signIn", { servers: [graph], lifetimes: { signIn: 9 } }, ">=10"],
    ["lifetimes.refreshReplay", { servers: [graph], lifetimes: { refreshReplay: 601 } }, "<=600"],
    ["lifetimes.registration", { servers: [graph], lifetimes: { registration: 59 } }, ">=60"],
    ["lifetimes.gatewayCache", { servers: [graph], lifetimes: { gatewayCache: 3601 } }, "<=3600"],
    ["lifetimes", { servers: [graph], lifetimes: { accesToken: 60 } }, '"accesToken"'],
    ["rateLimits.register.calls", { servers: [graph], rateLimits: { register: { calls: 0 } } }, ">=1"],
    ["rateLimits.signIn.period", { servers: [graph], rateLimits: { signIn: { period: 301 } } }, "<=300"],
    ["rateLimits.token.period", { servers: [graph], rateLimits: { token: { period: 0 } } }, ">=1"],
    ["rateLimits.mcp.calls", { servers: [graph], rateLimits: { mcp: { calls: 1e7 } } }, "<=1000000"],
    ["rateLimits.client.calls", { servers: [graph], rateLimits: { client: { calls: 0 } } }, ">=1"],
    [
      "rateLimits.clientEverywhere.period",
      { servers: [graph], rateLimits: { clientEverywhere: { period: 301 } } },
      "<=300",
    ],
    [
      "allowedOrigins[0]",
      { servers: [graph], allowedOrigins: ["https://app.example/"] },
      "is not an origin as browsers send it",
    ],
    [
      "allowedOrigins[0]",
      { servers: [graph], allowedOrigins: ["*"] },
      "is not an origin as browsers send it",
    ],
    [
      "allowedOrigins[0]",
      { servers: [graph], allowedOrigins: ["https://App.example"] },
      "is not an origin as browsers send it",
    ],
    [
      "allowedOrigins[0]",
      { servers: [graph], allowedOrigins: ["https://a.example https://b.example"] },
      "is not an origin as browsers send it",
    ],
    [
      "allowedOrigins[0]",
      { servers: [graph], allowedOrigins: [`https://${"a".repeat(193)}`] },
      "is not an origin as browsers send it",
    ],
    [
      "allowedOrigins[1]",
      { servers: [graph], allowedOrigins: ["tauri://localhost", "null"] },
      "is not an origin",
    ],
    ["allowedOrigins", { servers: [graph], allowedOrigins: Array(21).fill("https://a.example") }, "<=20"],
    ["rateLimits", { servers: [graph], rateLimits: { all: {} } }, '"all"'],
  ])("names the wrong field %s", (field, config, message) => {
    const lines = refusal(config).split("\n");
    const line = lines.find((each) => each.startsWith(`g.ts: ${field}: `));
    expect(line, lines.join("\n")).toContain(message);
  });

  it.each<[message: string, backend: object, entraScope: string]>([
    ["servers[0].entra.scope: is the whole scope", { url: "https://x.example/mcp" }, "Mcp.Access"],
    [
      "servers[0].backend.url: is http to a host that is not loopback",
      { url: "http://x.example/mcp" },
      "api://a/b",
    ],
    ["servers[0].backend.url: has user information", { url: "https://a:b@x.example/mcp" }, "api://a/b"],
    ["servers[0].backend.url: has a query", { url: "https://x.example/mcp?key=1" }, "api://a/b"],
    ["servers[0].backend.url: has a query or a fragment", { url: "https://x.example/mcp#a" }, "api://a/b"],
    ["accepted", { url: "http://127.0.0.1:3000/mcp" }, "api://a/b"],
    ["accepted", { url: "http://localhost:3000/mcp" }, "api://a/b"],
    ["accepted", { url: "https://x.example:8443/mcp" }, "api://a/b"],
    ["accepted", { app: "graph-mcp" }, "Mcp.Access"],
  ])("says of a backend: %s", (message, backend, entraScope) => {
    expect(refusal(withServer({ backend, entra: { scope: entraScope } }))).toContain(message);
  });

  it.each<[message: string, config: unknown]>([
    [
      'servers[1].name: the server name "graph" stands twice',
      { servers: [graph, { ...notes, name: "graph" }] },
    ],
    ['servers[1].path: the path "/mcp" stands twice', { servers: [graph, { ...notes, path: "/mcp" }] }],
    [
      'servers[2].path: the path "/notes/mcp" stands twice',
      { servers: [graph, notes, { ...notes, name: "other", path: "/notes/mcp" }] },
    ],
    ['servers[0].scopes[1].name: the scope "mcp.tools" stands twice', withServer({ scopes: [scope, scope] })],
    [
      'clients[1].id: the client ID "inspector" stands twice',
      { servers: [graph], clients: [client, { ...client, name: "Another" }] },
    ],
    [
      'resourceServers[1].id: the resource server ID "backend" stands twice',
      { servers: [graph], resourceServers: [resourceServer, resourceServer] },
    ],
  ])("refuses a duplicate: %s", (message, config) => {
    expect(refusal(config)).toBe(`g.ts: ${message}`);
  });

  it.each<[field: string, entraTokens: object, message: string]>([
    ["", { users: {} }, "neither users nor workloads has an entry"],
    ["", { client: [] }, '"client"'],
    [".clients", { clients: [] }, ">=1"],
    [".clients[0]", { clients: ["Console"] }, "UUID"],
    [".users.Mcp.Access", { users: { "Mcp.Access": ["mcp.other"] } }, 'gives "mcp.other", which is no scope'],
    [".users.Mcp.Access", { users: { "Mcp.Access": [] } }, ">=1"],
    [".users.Other", { users: { Other: ["mcp.tools"] } }, "is no Entra scope of this app"],
    [".workloads", { workloads: { Work: ["mcp.more"] } }, 'never gives "mcp.tools", which every call needs'],
    [".workloads.Mcp.Access", { workloads: { "Mcp.Access": ["mcp.tools"] } }, "is also an Entra scope"],
    [".audiences", { audiences: ["api://x"] }, "is known for an app of this deployment"],
    [".audiences[0]", { audiences: ['api://"'] }, "is an application ID, or an application ID URI"],
  ])("GW-16 names the wrong field servers[0].entraTokens%s", (field, wrong, message) => {
    const entraTokens = { clients: [ID], users: { "Mcp.Access": ["mcp.tools"] }, ...wrong };
    const scopes = [scope, { ...scope, name: "mcp.more", required: false }];
    const lines = refusal(withServer({ scopes, entraTokens })).split("\n");
    const line = lines.find((each) => each.startsWith(`g.ts: servers[0].entraTokens${field}: `));
    expect(line, lines.join("\n")).toContain(message);
  });

  it("GW-16 knows the audiences of a server at a URL, or asks for them", () => {
    const entraTokens = { clients: [ID], workloads: { Work: notes.scopes.map(({ name }) => name) } };
    const at = (scope: string, more = {}) =>
      refusal({ servers: [{ ...notes, entra: { scope }, entraTokens: { ...entraTokens, ...more } }] });
    expect(at(`api://${ID}/Notes.Use`)).toBe("accepted");
    expect(at(`${ID}/Notes.Use`)).toBe("accepted");
    expect(at("api://notes/Notes.Use")).toContain(
      "servers[0].entraTokens.audiences: is needed, because entra.scope does not hold the application's ID",
    );
    expect(at("api://notes/Notes.Use", { audiences: [ID, "api://notes"] })).toBe("accepted");
  });

  it("GW-16 takes Entra tokens of as many tenants as a policy fragment holds", () => {
    const entraTokens = { clients: [ID], users: { "Mcp.Access": ["mcp.tools"] } };
    const tenants = (count: number) =>
      Array.from({ length: count }, (_, i) => `0f1e2d3c-4b5a-4697-8807-${String(i).padStart(12, "0")}`);
    const taking = { ...graph, entraTokens };
    expect(refusal({ servers: [taking], tenants: tenants(40) })).toBe("accepted");
    expect(refusal({ servers: [taking], tenants: tenants(41) })).toContain("has 41 tenants");
    expect(refusal({ servers: [graph], tenants: tenants(41) })).toBe("accepted");
  });

  it("lets two servers have a scope of the same name", () => {
    expect(refusal({ servers: [graph, notes] })).toBe("accepted");
  });

  it("keeps the default path of a server off the authorization server's own", () => {
    expect(refusal({ servers: [graph, { ...notes, name: "token" }] })).toBe(
      'g.ts: servers[1].path: starts with "/token", which the authorization server uses',
    );
  });

  it("tells path boundaries apart", () => {
    expect(refusal(withServer({ path: "/tokens" }))).toBe("accepted");
  });

  it("takes as many required scopes as a named value holds, and refuses more with a clear error", () => {
    const server = (index: number, scopeLengths: readonly number[]) => ({
      ...notes,
      name: `s${index}`,
      path: `/s${index}`,
      scopes: scopeLengths.map((length, i) => ({ name: `${i}`.padEnd(length, "x"), description: "x" })),
    });
    // "/s0=", 20 scopes and 19 blanks are 1303 characters, a semicolon parts two servers: 184 are left for the fourth.
    const full = [0, 1, 2].map((index) => server(index, Array(20).fill(64)));
    expect(refusal({ servers: [...full, server(3, [64, 64, 50])] })).toBe("accepted");
    expect(refusal({ servers: [...full, server(3, [64, 64, 51])] })).toBe(
      "g.ts: servers: has paths and required scopes of 4097 characters together; API Management takes 4096",
    );
  });

  it("refuses more than an app setting holds", () => {
    const redirectUris = Array.from({ length: 20 }, (_, i) => `https://x.example/${i}/`.padEnd(1024, "x"));
    const clients = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ id: `c${i}`, name: "C", redirectUris }));
    expect(refusal({ servers: [graph], clients: clients(4) })).toBe("accepted");
    expect(refusal({ servers: [graph], clients: clients(5) })).toMatch(
      /^g\.ts: \(top level\): is 10\d{4} bytes as JSON; an app setting takes 100000$/,
    );
  });

  it("counts the optional scopes apart from the required ones", () => {
    const optional = (_: unknown, i: number) => ({
      name: `${i}`.padEnd(64, "x"),
      description: "x",
      required: false,
    });
    const servers = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...notes,
        name: `s${i}`,
        path: `/s${i}`,
        scopes: [scope, ...Array.from({ length: 19 }, optional)],
      }));
    // "/s0=", 19 scopes and 18 blanks are 1238 characters.
    expect(refusal({ servers: servers(3) })).toBe("accepted");
    expect(refusal({ servers: servers(4) })).toBe(
      "g.ts: servers: has paths and optional scopes of 4955 characters together; API Management takes 4096",
    );
  });
});

describe("serverPath", () => {
  it("is /mcp for the first server, /<name>/mcp for any other, unless it was set", () => {
    expect(serverPath({ name: "a", path: undefined }, 0)).toBe("/mcp");
    expect(serverPath({ name: "b", path: undefined }, 1)).toBe("/b/mcp");
    expect(serverPath({ name: "b", path: "/x" }, 1)).toBe("/x");
    expect(serverPath({ name: "a", path: "/x" }, 0)).toBe("/x");
  });
});
