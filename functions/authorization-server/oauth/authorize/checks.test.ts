import { describe, expect, it } from "vitest";
import type { Client } from "../../clients/client.ts";
import type { ClientRegistry } from "../../clients/registry.ts";
import { failureOf, refusalOf } from "../../testing/failure.ts";
import { resolvedGateway } from "../../testing/gateway.ts";
import { uniqueParameters } from "../request-body.ts";
import { checkClient } from "./check-client.ts";
import { checkPkce } from "./check-pkce.ts";
import { checkPrompt } from "./check-prompt.ts";
import { checkRedirectUri } from "./check-redirect-uri.ts";
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
      description: expect.stringContaining("Remove the connection in the application and add it again"),
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
  const check = (search: string, known = client) => checkRedirectUri(new URLSearchParams(search), known);
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
    ["redirect_uri=https://evil.example/cb", "did not register"],
    ["redirect_uri=https://client.example/cb/", "did not register"],
    ["redirect_uri=https://client.example/cb%3Fa=b", "did not register"],
    ["redirect_uri=https://CLIENT.example/cb", "did not register"],
    ["redirect_uri=https://client.example:443/cb", "did not register"],
    ["redirect_uri=http://localhost.evil.example/cb", "did not register"],
    ["redirect_uri=http://localhost:6274/cb%0a", "did not register"],
    ["redirect_uri=javascript:alert(1)", "did not register"],
  ])("CLI-6 refuses %j", (search, description) => {
    expect(refusalOf(() => check(search))).toMatchObject({
      code: "invalid_request",
      description: expect.stringContaining(description),
    });
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
  ])("AUT-1 refuses %j", (search, description) => {
    expect(refusalOf(() => checkPkce(parameters(search)))).toMatchObject({
      code: "invalid_request",
      description: expect.stringContaining(description),
    });
  });
});

describe("checkPrompt", () => {
  it.each([
    "",
    "prompt=",
    "prompt=consent",
    "prompt=login consent",
    "prompt=select_account",
    "prompt=nonesuch",
  ])("takes %j", (search) => {
    expect(() => checkPrompt(parameters(search))).not.toThrow();
  });

  it.each(["prompt=none", "prompt=none login", "prompt=login none"])(
    "CON-1 refuses %j: a person always has to approve",
    (search) => {
      expect(refusalOf(() => checkPrompt(parameters(search))).code).toBe("interaction_required");
    },
  );
});

describe("checkScope", () => {
  const [graph] = resolvedGateway().servers;
  const check = (scope?: string) =>
    graph &&
    checkScope(scope === undefined ? new Map() : parameters(`scope=${encodeURIComponent(scope)}`), graph);

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
  ])("AUT-5 DIS-9 grants for %j: %j", (scope, granted) => {
    expect(check(scope)).toEqual(granted);
  });

  it.each(["made.up", "notes.read", "MCP.TOOLS", "mcp.tools,mcp.admin", "mcp", "openid offline_access"])(
    "refuses %j, of which the server has nothing",
    (scope) => {
      expect(refusalOf(() => check(scope))).toMatchObject({ code: "invalid_scope", status: 400 });
    },
  );
});

describe("checkSize", () => {
  const request = {
    client: { id: "c", name: "C", grantTypes: [], useIsWorthNoting: false },
    redirectUri: "https://client.example/cb",
    state: "",
    challenge: CHALLENGE,
    server: "graph",
    scopes: [],
  };
  const room = 2400 - Buffer.byteLength(JSON.stringify(request));

  it("CON-4 takes what just fits, and refuses a byte more", () => {
    expect(() => checkSize({ ...request, state: "x".repeat(room) })).not.toThrow();
    expect(refusalOf(() => checkSize({ ...request, state: "x".repeat(room + 1) }))).toMatchObject({
      code: "invalid_request",
      description: "state, redirect_uri and scope together are too long.",
    });
  });

  it("CON-4 counts bytes, and what JSON escapes", () => {
    const named = (name: string) => ({ ...request, client: { ...request.client, name } });
    expect(() => checkSize(named("x".repeat(room)))).not.toThrow();
    expect(refusalOf(() => checkSize(named("ü".repeat(room / 2 + 2))))).toBeDefined();
    expect(refusalOf(() => checkSize(named('"'.repeat(room / 2 + 2))))).toBeDefined();
  });
});
