import { beforeEach, describe, expect, it } from "vitest";
import { GRANT_TYPES } from "../../../../config/rules/client-metadata.ts";
import { validateMetadata } from "../../clients/registration.ts";
import { type Route, routes } from "../../routes.ts";
import { makeCall } from "../../testing/calls.ts";
import { refusalOf } from "../../testing/failure.ts";
import { ISSUER, resolvedGateway } from "../../testing/gateway.ts";
import { makeKeyRing } from "../../testing/keys.ts";
import { checkPkce } from "../sign-in/checks/check-pkce.ts";
import { checkResponseType } from "../sign-in/checks/check-response-type.ts";
import { grants } from "../token/token.ts";
import { authorizationServerMetadata, openidConfiguration } from "./authorization-server.ts";
import { gatewayOpenidConfiguration, jwks } from "./jwks.ts";
import { protectedResourceMetadata } from "./protected-resource.ts";

const gateway = resolvedGateway();
type Document = Readonly<Record<string, unknown>>;

async function get(endpoint: ReturnType<typeof protectedResourceMetadata>, path = "/") {
  const response = await endpoint(new Request(`https://as.internal${path}`), makeCall());
  return {
    status: response.status,
    headers: response.headers,
    document: (await response.json()) as Document,
  };
}

describe.each([
  ["oauth-authorization-server", authorizationServerMetadata],
  ["openid-configuration", openidConfiguration],
])("the authorization server's metadata at %s", (_, endpoint) => {
  let status: number;
  let headers: Headers;
  let document: Document;
  beforeEach(async () => {
    ({ status, headers, document } = await get(endpoint({ gateway })));
  });

  it("DIS-4 names the bare origin as issuer, and where the keys are", () => {
    expect(status).toBe(200);
    expect(document["issuer"]).toBe("https://gw.example");
    expect(document["jwks_uri"]).toBe("https://gw.example/jwks");
  });

  it("DIS-5 has the endpoints where clients look for them without metadata", () => {
    expect(document).toMatchObject({
      authorization_endpoint: "https://gw.example/authorize",
      token_endpoint: "https://gw.example/token",
      registration_endpoint: "https://gw.example/register",
    });
  });

  it("DIS-6 lists no URL that is not a route with the method it takes", () => {
    const served = new Map<string, Route>(
      Object.values(routes).map((route) => [`${ISSUER}${route.path}`, route]),
    );
    const listed = Object.entries(document).filter(
      ([name, value]) => name !== "issuer" && typeof value === "string" && value.startsWith("http"),
    );
    expect(listed.map(([name]) => name).sort()).toEqual([
      "authorization_endpoint",
      "jwks_uri",
      "registration_endpoint",
      "revocation_endpoint",
      "token_endpoint",
    ]);
    for (const [name, url] of listed) {
      const method = name === "authorization_endpoint" || name === "jwks_uri" ? "GET" : "POST";
      expect([name, served.get(String(url))?.method]).toEqual([name, method]);
    }
  });

  it("DIS-6 lists every endpoint that a client's program calls", () => {
    const urls = Object.values(document);
    for (const { caller, path } of Object.values<Route>(routes)) {
      // A registration's own URL is in the answer to the registration.
      if (caller === "client" && !path.includes("{")) expect(urls).toContain(`${ISSUER}${path}`);
    }
  });

  it("DIS-6 lists the grants that /token serves and that clients may register, and no other", () => {
    expect(document["grant_types_supported"]).toEqual([...grants.keys()]);
    expect(document["grant_types_supported"]).toEqual([...GRANT_TYPES]);
  });

  it("DIS-6 lists S256 alone, which is what /authorize takes", () => {
    expect(document["code_challenge_methods_supported"]).toEqual(["S256"]);
    for (const method of ["plain", "S256", "S512"]) {
      const parameters = new Map([
        ["code_challenge", "c".repeat(43)],
        ["code_challenge_method", method],
      ]);
      if (method === "S256") expect(() => checkPkce(parameters)).not.toThrow();
      else expect(refusalOf(() => checkPkce(parameters))).toBeDefined();
    }
  });

  it("DIS-6 lists the response types and modes that /authorize takes", () => {
    expect(document["response_types_supported"]).toEqual(["code"]);
    expect(document["response_modes_supported"]).toEqual(["query"]);
    const parameters = new Map([
      ["response_type", "code"],
      ["response_mode", "query"],
    ]);
    expect(() => checkResponseType(parameters)).not.toThrow();
  });

  it("DIS-6 lists how clients can authenticate, and with which algorithms", () => {
    for (const endpoint of ["token", "revocation"]) {
      expect(document[`${endpoint}_endpoint_auth_methods_supported`]).toEqual([
        "none",
        "private_key_jwt",
        "client_secret_basic",
        "client_secret_post",
      ]);
      expect(document[`${endpoint}_endpoint_auth_signing_alg_values_supported`]).toEqual([
        "ES256",
        "PS256",
        "RS256",
        "EdDSA",
      ]);
    }
    for (const asked of [undefined, "client_secret_basic", "client_secret_post", "tls_client_auth"]) {
      const { token_endpoint_auth_method } = validateMetadata({
        redirect_uris: ["https://client.example/cb"],
        token_endpoint_auth_method: asked,
      });
      expect(document["token_endpoint_auth_methods_supported"]).toContain(token_endpoint_auth_method);
    }
  });

  it("DIS-6 CLI-3 says that a client's ID may be the URL of its document", () => {
    expect(document["client_id_metadata_document_supported"]).toBe(true);
  });

  it("DIS-6 CLI-15 says nothing of it, so that clients register, where the operator does not want it", async () => {
    const unadvertised = resolvedGateway({ clientDocuments: { advertise: false } });
    const { document: other } = await get(endpoint({ gateway: unadvertised }));
    const { client_id_metadata_document_supported: _supported, ...rest } = document;
    expect(other).toEqual(rest);
  });

  it("DIS-6 says that answers carry iss", () => {
    expect(document["authorization_response_iss_parameter_supported"]).toBe(true);
  });

  it("DIS-9 lists every server's scopes once, and offline_access", () => {
    expect(document["scopes_supported"]).toEqual([
      "mcp.tools",
      "mcp.admin",
      "notes.read",
      "notes.write",
      "offline_access",
    ]);
  });

  it("may be cached for a while by anybody", () => {
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(headers.get("content-type")).toContain("application/json");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("the metadata of a gateway that gave out a secret", () => {
  it("DIS-6 CLI-5 lists the methods for it", async () => {
    const client = { id: "a", name: "A", redirectUris: ["https://a.example/cb"] };
    const clients = [
      { ...client, auth: { secretHash: "x".repeat(43) } },
      { ...client, id: "b" },
    ];
    const { document } = await get(authorizationServerMetadata({ gateway: resolvedGateway({ clients }) }));
    expect(document["token_endpoint_auth_methods_supported"]).toEqual([
      "none",
      "private_key_jwt",
      "client_secret_basic",
      "client_secret_post",
    ]);
  });
});

describe("the metadata of a gateway whose servers may ask about tokens", () => {
  const backend = (id: string, auth: object) => ({ id, server: "graph", auth });
  const secret = backend("a", { secretHash: "x".repeat(43) });
  const keys = backend("b", { jwksUri: "https://b.example/jwks" });
  const listed = async (resourceServers: ReturnType<typeof backend>[]) => {
    const changed = { ...gateway, resourceServers } as typeof gateway;
    const { document } = await get(authorizationServerMetadata({ gateway: changed }));
    expect(document["introspection_endpoint"]).toBe("https://gw.example/introspect");
    expect(document["introspection_endpoint_auth_signing_alg_values_supported"]).toContain("ES256");
    return document["introspection_endpoint_auth_methods_supported"];
  };

  it("DIS-6 TOK-8 lists how they can authenticate, and no other way", async () => {
    expect(await listed([secret])).toEqual(["client_secret_basic", "client_secret_post"]);
    expect(await listed([keys])).toEqual(["private_key_jwt"]);
    expect(await listed([secret, keys])).toEqual([
      "private_key_jwt",
      "client_secret_basic",
      "client_secret_post",
    ]);
  });
});

describe("openid-configuration", () => {
  it("DIS-4 says the same as the other, and what OpenID Connect Discovery §3 requires besides", async () => {
    const oauth = await get(authorizationServerMetadata({ gateway }));
    const openid = await get(openidConfiguration({ gateway }));
    expect(openid.document).toEqual({
      ...oauth.document,
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
    });
  });
});

describe("the gateway's own OpenID configuration", () => {
  it.each([
    ["https://as.azurewebsites.example", "https://as.azurewebsites.example/jwks"],
    ["http://as.azurewebsites.example", "https://as.azurewebsites.example/jwks"],
    ["http://127.0.0.1:7071", "http://127.0.0.1:7071/jwks"],
  ])("GW-1 leads to the keys on the host that was asked: %s", async (origin, keys) => {
    const request = new Request(`${origin}/jwks/openid-configuration`);
    const response = await gatewayOpenidConfiguration({ gateway })(request, makeCall());
    expect(await response.json()).toEqual({ issuer: "https://gw.example", jwks_uri: keys });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

describe("protected resource metadata", () => {
  const endpoint = protectedResourceMetadata({ gateway });
  const WELL_KNOWN = "/.well-known/oauth-protected-resource";

  it.each([
    ["/mcp", "https://gw.example/mcp", "Microsoft Graph", ["mcp.tools", "mcp.admin"]],
    ["/notes/mcp", "https://gw.example/notes/mcp", "Notes", ["notes.read", "notes.write"]],
    ["", "https://gw.example/mcp", "Microsoft Graph", ["mcp.tools", "mcp.admin"]],
    ["/", "https://gw.example/mcp", "Microsoft Graph", ["mcp.tools", "mcp.admin"]],
  ])("DIS-1 DIS-2 DIS-9 describes the server at %j", async (path, resource, title, scopes) => {
    const { status, headers, document } = await get(endpoint, `${WELL_KNOWN}${path}`);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(document).toEqual({
      resource,
      resource_name: title,
      authorization_servers: ["https://gw.example"],
      scopes_supported: scopes,
      bearer_methods_supported: ["header"],
    });
  });

  it("gives the server's name in every language that the operator wrote it in (RFC 9728 §2.1)", async () => {
    const [graph, notes] = gateway.servers;
    if (!graph || !notes) throw new Error("no servers");
    const translated = { ...notes, title: { en: "Notes", de: "Notizen" } };
    const both = protectedResourceMetadata({ gateway: { ...gateway, servers: [graph, translated] } });
    const { document } = await get(both, `${WELL_KNOWN}/notes/mcp`);
    expect(document).toMatchObject({
      resource_name: "Notes",
      "resource_name#en": "Notes",
      "resource_name#de": "Notizen",
    });
  });

  it.each(["/mcp2", "/mcp/x", "/notes", "/MCP", "/mcp//", "//mcp", "/..%2fmcp", "/%6dcp", "/__proto__"])(
    "DIS-7 answers 404 at %s",
    async (path) => {
      const { status, document } = await get(endpoint, `${WELL_KNOWN}${path}`);
      expect(status).toBe(404);
      expect(document).toEqual({ error: "not_found" });
    },
  );
});

describe("the key set", () => {
  it("holds the public halves of the signing keys", async () => {
    const keys = await makeKeyRing();
    const { document, headers } = await get(jwks({ keys }));
    expect(document).toEqual(await keys.publicKeys());
    expect(headers.get("cache-control")).toBe("public, max-age=300");
  });
});
