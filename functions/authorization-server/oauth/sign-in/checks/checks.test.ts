import { describe, expect, it } from "vitest";
import type { Client } from "../../../clients/client.ts";
import type { ClientRegistry } from "../../../clients/registry.ts";
import { failureOf, refusalOf } from "../../../testing/failure.ts";
import { resolvedGateway } from "../../../testing/gateway.ts";
import { uniqueParameters } from "../../request-body.ts";
import { checkClient } from "./check-client.ts";
import { checkLoginHint } from "./check-login-hint.ts";
import { checkMaxAge } from "./check-max-age.ts";
import { checkPkce } from "./check-pkce.ts";
import { checkPrompt } from "./check-prompt.ts";
import { checkRedirectUri } from "./check-redirect-uri.ts";
import { checkResource } from "./check-resource.ts";
import { checkResponseType } from "./check-response-type.ts";
import { checkScope } from "./check-scope.ts";
import { checkSize } from "./check-size.ts";

const client: Client = {
  id: "client",
  name: "Client",
  redirectUris: ["http://localhost:6274/cb", "https://client.example/cb"],
  grantTypes: ["authorization_code"],
  origin: "registered",
  useIsWorthNoting: false,
};
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const parameters = (search: string) => uniqueParameters(new URLSearchParams(search));

describe("checkClient", () => {
  const asked: string[] = [];
  const clients: Pick<ClientRegistry, "find"> = {
    async find(id) {
      asked.push(id);
      return id === client.id ? client : undefined;
    },
  };
  const check = (search: string) => checkClient(new URLSearchParams(search), clients as ClientRegistry);

  it("gives the client that is known", async () => {
    expect(await check("client_id=client")).toBe(client);
  });

  it("CLI-7 refuses one that nobody knows, in words for a person", async () => {
    expect(await failureOf(check("client_id=unknown"))).toMatchObject({
      code: "invalid_client",
      message: "client_unknown",
      description: expect.stringContaining("not registered here"),
      explanation: "clientUnknown",
    });
  });

  it.each([
    ["", "client_id is missing"],
    ["client_id=", "client_id is missing"],
    ["client_id=client&client_id=client", "client_id is repeated"],
    ["client_id=client&client_id=", "client_id is repeated"],
  ])("AUT-1 refuses %j without asking for any client", async (search, description) => {
    asked.length = 0;
    expect(await failureOf(check(search))).toMatchObject({
      code: "invalid_request",
      description: expect.stringContaining(description),
    });
    expect(asked).toEqual([]);
  });
});

describe("checkRedirectUri", () => {
  const check = (search: string, known: Client = client, redirectSchemes: string[] = []) =>
    checkRedirectUri(new URLSearchParams(search), known, { redirectSchemes });
  const single = { ...client, redirectUris: ["https://client.example/cb"] };

  it.each([
    ["http://localhost:6274/cb"],
    ["http://localhost:9999/cb"],
    ["http://localhost/cb"],
    ["https://client.example/cb"],
  ])("CLI-6 gives the requested one, as it was requested: %s", (uri) => {
    expect(check(new URLSearchParams({ redirect_uri: uri }).toString())).toBe(uri);
  });

  it("gives the only one that is registered when none was requested (RFC 6749 §3.1.2.3)", () => {
    expect(check("", single)).toBe("https://client.example/cb");
    expect(check("redirect_uri=", single)).toBe("https://client.example/cb");
  });

  it.each([
    ["", "redirect_uri is missing"],
    [
      "redirect_uri=https://client.example/cb&redirect_uri=https://client.example/cb",
      "redirect_uri is repeated",
    ],
    ["redirect_uri=https://client.example/cb&redirect_uri=", "redirect_uri is repeated"],
    ["redirect_uri=https://evil.example/cb", "redirect_uri is none"],
    ["redirect_uri=https://client.example/cb/", "redirect_uri is none"],
    ["redirect_uri=https://client.example/cb%3Fa=b", "redirect_uri is none"],
    ["redirect_uri=https://CLIENT.example/cb", "redirect_uri is none"],
    ["redirect_uri=https://client.example:443/cb", "redirect_uri is none"],
    ["redirect_uri=http://localhost.evil.example/cb", "redirect_uri is none"],
    ["redirect_uri=http://localhost:6274/cb%0a", "redirect_uri is none"],
    ["redirect_uri=javascript:alert(1)", "redirect_uri is none"],
  ])("CLI-6 refuses %j", (search, description) => {
    expect(refusalOf(() => check(search))).toMatchObject({
      code: "invalid_request",
      description: expect.stringContaining(description),
    });
  });

  it.each([
    ["http://localhost:1/cb?iss=https://evil.example", "brings the parameter iss"],
    ["microsoft-edge:https://evil.example", "has the scheme microsoft-edge:"],
    ["acme://cb", "has the scheme acme:, where no known client awaits an answer"],
    ["javascript:alert(1)", "has the scheme javascript:"],
  ])("CLI-9 CLI-10 refuses what was stored before there was a rule against it: %s", (uri, fault) => {
    for (const origin of ["registered", "document"] as const) {
      const stored: Client = { ...client, redirectUris: [uri], origin };
      for (const search of ["", new URLSearchParams({ redirect_uri: uri }).toString()]) {
        expect(refusalOf(() => check(search, stored))).toMatchObject({
          code: "invalid_request",
          description: expect.stringContaining(`redirect_uri ${fault}`),
          message: "redirect_uri_not_allowed",
          explanation: undefined,
        });
      }
    }
  });

  it("CLI-10 takes a scheme that the operator allows, or entered for that client", () => {
    const acme: Client = { ...client, redirectUris: ["acme://cb"] };
    expect(check("", { ...acme, origin: "registered" }, ["acme"])).toBe("acme://cb");
    expect(check("", { ...acme, origin: "configured" })).toBe("acme://cb");
  });

  it("repeats nothing of what was requested", () => {
    const { description, message } = refusalOf(() => check("redirect_uri=https://evil.example/cb"));
    expect(`${description} ${message}`).not.toContain("evil");
  });
});

describe("checkResponseType", () => {
  it.each(["response_type=code", "response_type=code&response_mode=query"])("AUT-1 takes %s", (search) => {
    expect(() => checkResponseType(parameters(search))).not.toThrow();
  });

  it.each([
    ["", "invalid_request"],
    ["response_type=", "invalid_request"],
    ["response_type=token", "unsupported_response_type"],
    ["response_type=code token", "unsupported_response_type"],
    ["response_type=code id_token", "unsupported_response_type"],
    ["response_type=CODE", "unsupported_response_type"],
    ["response_type=none", "unsupported_response_type"],
    ["response_type=code&response_mode=fragment", "invalid_request"],
    ["response_type=code&response_mode=form_post", "invalid_request"],
    ["response_type=code&response_mode=query.jwt", "invalid_request"],
    ["response_type=code&request=eyJ", "request_not_supported"],
    ["response_type=code&request_uri=https://evil.example/request", "request_not_supported"],
  ])("AUT-1 refuses %j with %s", (search, code) => {
    expect(refusalOf(() => checkResponseType(parameters(search))).code).toBe(code);
  });
});

describe("checkPkce", () => {
  it("AUT-1 gives the challenge", () => {
    expect(checkPkce(parameters(`code_challenge=${CHALLENGE}&code_challenge_method=S256`))).toBe(CHALLENGE);
  });

  it.each([
    ["code_challenge_method=S256", "code_challenge is missing."],
    ["code_challenge=&code_challenge_method=S256", "code_challenge is missing."],
    [`code_challenge=${CHALLENGE}`, "code_challenge_method must be S256."],
    [`code_challenge=${CHALLENGE}&code_challenge_method=`, "code_challenge_method must be S256."],
    [`code_challenge=${CHALLENGE}&code_challenge_method=plain`, "code_challenge_method must be S256."],
    [`code_challenge=${CHALLENGE}&code_challenge_method=s256`, "code_challenge_method must be S256."],
    [`code_challenge=${CHALLENGE}x&code_challenge_method=S256`, "is not a SHA-256 hash"],
    [`code_challenge=${CHALLENGE.slice(1)}&code_challenge_method=S256`, "is not a SHA-256 hash"],
    [`code_challenge=${CHALLENGE.slice(1)}=&code_challenge_method=S256`, "is not a SHA-256 hash"],
    [`code_challenge=${CHALLENGE.slice(1)}%2B&code_challenge_method=S256`, "is not a SHA-256 hash"],
    [`code_challenge=${CHALLENGE}%0a&code_challenge_method=S256`, "is not a SHA-256 hash"],
    [`code_challenge=${"~".repeat(43)}&code_challenge_method=S256`, "is not a SHA-256 hash"],
    [`code_challenge=${"E".repeat(128)}&code_challenge_method=S256`, "is not a SHA-256 hash"],
  ])("AUT-1 TOK-11 refuses %j", (search, description) => {
    expect(refusalOf(() => checkPkce(parameters(search)))).toMatchObject({
      code: "invalid_request",
      description: expect.stringContaining(description),
    });
  });
});

describe("checkPrompt", () => {
  it.each([
    ["", undefined],
    ["prompt=", undefined],
    ["prompt=consent", undefined],
    ["prompt=nonesuch", undefined],
    ["prompt=login", "login"],
    ["prompt=login consent", "login"],
    ["prompt=select_account", "select_account"],
    ["prompt=consent select_account", "select_account"],
    ["prompt=select_account login", "login"],
  ])("leaves of %j for Entra: %s", (search, expected) => {
    expect(checkPrompt(parameters(search))).toBe(expected);
  });

  it("CON-1 refuses prompt=none: a person always has to approve", () => {
    expect(refusalOf(() => checkPrompt(parameters("prompt=none"))).code).toBe("consent_required");
  });

  it.each(["prompt=none login", "prompt=login none", "prompt=none%20none"])(
    "CON-1 refuses %j, which contradicts itself",
    (search) => {
      expect(refusalOf(() => checkPrompt(parameters(search))).code).toBe("invalid_request");
    },
  );
});

describe("checkMaxAge", () => {
  it.each([
    ["", undefined],
    ["max_age=", undefined],
    ["max_age=0", 0],
    ["max_age=3600", 3600],
    ["max_age=0060", 60],
    ["max_age=31536000", 31_536_000],
    ["max_age=31536001", undefined],
    ["max_age=9999999999", undefined],
  ])("takes %j for %s seconds", (search, expected) => {
    expect(checkMaxAge(parameters(search))).toBe(expected);
  });

  it.each(["-1", "1.5", "1e3", "0x10", "never", "12345678901", "%201", "1%00"])(
    "AUT-2 refuses max_age=%s",
    (text) => {
      expect(refusalOf(() => checkMaxAge(parameters(`max_age=${text}`)))).toMatchObject({
        code: "invalid_request",
        description: expect.stringContaining("max_age"),
      });
    },
  );
});

describe("checkLoginHint", () => {
  it.each(["mira.okafor@brightwater.example", "größe@example", "a b", "x".repeat(320)])(
    "takes %j as it is",
    (hint) => {
      const search = new URLSearchParams({ login_hint: hint }).toString();
      expect(checkLoginHint(parameters(search))).toBe(hint);
    },
  );

  it.each(["", "login_hint="])("has none in %j", (search) => {
    expect(checkLoginHint(parameters(search))).toBeUndefined();
  });

  it.each(["x".repeat(321), "a\r\nb", "a\u0000", "a\u007f", "a\u202eb", "a\u200bb"])(
    "AUT-2 refuses %j, and repeats none of it",
    (hint) => {
      const search = new URLSearchParams({ login_hint: hint }).toString();
      const { code, description, message } = refusalOf(() => checkLoginHint(parameters(search)));
      expect(code).toBe("invalid_request");
      expect(description).toBe("login_hint is too long, or has control characters.");
      expect(message).toBe(description);
    },
  );
});

describe("checkScope", () => {
  const { servers } = resolvedGateway();
  const check = (scope?: string, at = servers.slice(0, 1), resourceNamed = false) =>
    checkScope(
      scope === undefined ? new Map() : parameters(`scope=${encodeURIComponent(scope)}`),
      at,
      resourceNamed,
    );
  const checkWithResource = (scope: string, at = servers.slice(0, 1)) => check(scope, at, true);

  it.each<[scope: string | undefined, granted: string[]]>([
    [undefined, ["mcp.tools"]],
    ["", ["mcp.tools"]],
    [" ", ["mcp.tools"]],
    ["mcp.tools", ["mcp.tools"]],
    ["mcp.admin", ["mcp.admin"]],
    ["mcp.admin mcp.tools", ["mcp.tools", "mcp.admin"]],
    ["mcp.tools  mcp.tools", ["mcp.tools"]],
    ["mcp.tools openid profile made.up", ["mcp.tools"]],
    ["offline_access", ["mcp.tools", "offline_access"]],
    ["mcp.admin offline_access", ["mcp.admin", "offline_access"]],
    ["openid profile email", ["mcp.tools"]],
    ["openid offline_access", ["mcp.tools", "offline_access"]],
  ])("AUT-5 DIS-9 grants for %j: %j", (scope, granted) => {
    expect(check(scope)).toEqual(granted);
  });

  it.each(["made.up", "notes.read", "MCP.TOOLS", "mcp.tools,mcp.admin", "mcp", "openid made.up"])(
    "refuses %j, of which the server has nothing, from a client that names no resource",
    (scope) => {
      expect(refusalOf(() => check(scope))).toMatchObject({ code: "invalid_scope", status: 400 });
    },
  );

  it.each<[scope: string, granted: string[]]>([
    ["notes.read", ["mcp.tools"]],
    ["notes.read offline_access", ["mcp.tools", "offline_access"]],
    ["made.up", ["mcp.tools"]],
    ["openid profile email", ["mcp.tools"]],
    ["MCP.TOOLS", ["mcp.tools"]],
    ["mcp.admin notes.read notes.write openid", ["mcp.admin"]],
  ])("AUT-8 is not blocked by scopes of others where a resource is named: %j gives %j", (scope, granted) => {
    expect(checkWithResource(scope)).toEqual(granted);
  });

  it("AUT-8 grants a scope that OpenID Connect has, too, where a server has one of that name", () => {
    const mail = servers.slice(0, 1).map((server) => ({
      ...server,
      scopes: [...server.scopes, { name: "email", description: "read mail", required: false }],
    }));
    expect(check("email", mail)).toEqual(["email"]);
  });

  it("AUT-8 AUT-5 grants the required ones of each server where none is left of either", () => {
    expect(checkWithResource("made.up openid", servers)).toEqual(["mcp.tools", "notes.read"]);
    expect(checkWithResource("notes.write made.up", servers)).toEqual(["notes.write"]);
  });

  it.each<[scope: string | undefined, granted: string[]]>([
    [undefined, ["mcp.tools", "notes.read"]],
    ["offline_access", ["mcp.tools", "notes.read", "offline_access"]],
    ["notes.write mcp.tools", ["mcp.tools", "notes.write"]],
    ["notes.read made.up", ["notes.read"]],
  ])("AUT-5 grants at two servers for %j: %j", (scope, granted) => {
    expect(check(scope, servers)).toEqual(granted);
  });

  it("AUT-5 grants a scope that two servers share once", () => {
    const twice = servers.map((server) => ({
      ...server,
      scopes: [{ name: "read", description: "", required: true }],
    }));
    expect(check("read", twice)).toEqual(["read"]);
  });
});

describe("checkResource", () => {
  const gateway = resolvedGateway();
  const [graph = "", notes = ""] = gateway.servers.map((server) => server.resource);
  const search = (...resources: string[]) =>
    new URLSearchParams(resources.map((resource): [string, string] => ["resource", resource]));
  const namesOf = ({ servers }: ReturnType<typeof checkResource>) => servers.map(({ name }) => name);
  const check = (...resources: string[]) => namesOf(checkResource(search(...resources), gateway));

  it("AUT-3 gives the servers in the order in which they were named (RFC 8707 §2)", () => {
    expect(check(graph)).toEqual(["graph"]);
    expect(check(notes)).toEqual(["notes"]);
    expect(check(graph, notes)).toEqual(["graph", "notes"]);
    expect(check(notes, graph)).toEqual(["notes", "graph"]);
  });

  it("AUT-3 gives each once, however often and however it is spelled", () => {
    expect(check(notes, `${notes}/`, notes.toUpperCase().replace("NOTES/MCP", "notes/mcp"), graph)).toEqual([
      "notes",
      "graph",
    ]);
  });

  it("AUT-3 gives the first server when none was named, or an empty one", () => {
    expect(check()).toEqual(["graph"]);
    expect(check("")).toEqual(["graph"]);
    expect(check("", notes)).toEqual(["notes"]);
  });

  it("AUT-3 says whether the client named a server, or it was chosen here", () => {
    for (const resources of [[], [""], ["", ""]]) {
      expect(checkResource(search(...resources), gateway).resourceLeftOut).toBe(true);
    }
    for (const resources of [[graph], ["", notes], [graph, notes]]) {
      expect(checkResource(search(...resources), gateway)).not.toHaveProperty("resourceLeftOut");
    }
  });

  it("AUT-3 refuses a request without resource where the operator requires it, whatever its scopes (RFC 8707 §2)", () => {
    const required = { ...gateway, requireResource: true };
    for (const query of [
      "",
      "resource=",
      "resource=&resource=",
      "scope=notes.read",
      "resource=&scope=mcp.tools",
    ]) {
      expect(refusalOf(() => checkResource(new URLSearchParams(query), required))).toMatchObject({
        code: "invalid_target",
        status: 400,
        description: "resource is missing.",
      });
    }
    expect(namesOf(checkResource(search(notes), required))).toEqual(["notes"]);
  });

  it.each([
    ["notes.read", "notes"],
    ["openid notes.write offline_access", "notes"],
    ["mcp.tools", "graph"],
    ["notes.read mcp.tools", "graph"],
    ["offline_access", "graph"],
    ["unknown", "graph"],
    ["", "graph"],
  ])("AUT-3 takes the first server with one of the scopes when none was named: %s", (scope, name) => {
    expect(namesOf(checkResource(new URLSearchParams({ scope }), gateway))).toEqual([name]);
    const named = new URLSearchParams({ scope, resource: graph });
    expect(namesOf(checkResource(named, gateway))).toEqual(["graph"]);
  });

  it("AUT-3 refuses all when one is no server of ours", () => {
    for (const resources of [
      ["https://evil.example/mcp"],
      [graph, "https://evil.example/mcp"],
      ["https://evil.example/mcp", graph],
    ]) {
      expect(refusalOf(() => check(...resources))).toMatchObject({ code: "invalid_target", status: 400 });
    }
  });

  it("refuses where there is no server at all", () => {
    expect(refusalOf(() => checkResource(new URLSearchParams(), { ...gateway, servers: [] }))).toMatchObject({
      code: "invalid_target",
    });
  });
});

describe("checkSize", () => {
  const request = {
    client: { id: "c", name: "C", grantTypes: [], useIsWorthNoting: false },
    redirectUri: "https://client.example/cb",
    state: "",
    challenge: CHALLENGE,
    servers: ["graph"],
    scopes: [],
  };
  const room = 2400 - Buffer.byteLength(JSON.stringify(request));

  it("CON-4 takes what just fits, and refuses a byte more", () => {
    expect(() => checkSize({ ...request, state: "x".repeat(room) })).not.toThrow();
    expect(refusalOf(() => checkSize({ ...request, state: "x".repeat(room + 1) }))).toMatchObject({
      code: "invalid_request",
      description: "state, redirect_uri, scope and login_hint together are too long.",
    });
  });

  it("CON-4 counts bytes, and what JSON escapes", () => {
    const named = (name: string) => ({ ...request, client: { ...request.client, name } });
    expect(() => checkSize(named("x".repeat(room)))).not.toThrow();
    expect(refusalOf(() => checkSize(named("ü".repeat(room / 2 + 2))))).toBeDefined();
    expect(refusalOf(() => checkSize(named('"'.repeat(room / 2 + 2))))).toBeDefined();
  });
});
