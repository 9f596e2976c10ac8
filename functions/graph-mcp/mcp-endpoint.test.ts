import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { generateKeyPair } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { clouds } from "../../config/clouds.ts";
import type { Endpoint } from "../platform/endpoint.ts";
import { entraClients, entraTokenVerifier } from "../platform/entra.ts";
import type { LogField, LogLevel } from "../platform/log.ts";
import type { CallerRules } from "./caller.ts";
import { graphClient } from "./graph.ts";
import { mcpEndpoint } from "./mcp-endpoint.ts";
import { onBehalfOf } from "./on-behalf-of.ts";
import {
  CLIENT_ID,
  entraError,
  FURTHER_TENANT_ID,
  GATEWAY_CLIENT_ID,
  graphToken,
  MCP_CLIENT_ID,
  PROFILE,
  type StandIns,
  startStandIns,
  TENANT_ID,
  USER_ID,
} from "./testing/stand-ins.ts";

interface LogEntry {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, LogField>> | undefined;
}

let standIns: StandIns;
let endpoint: Endpoint;
/** Makes an endpoint with other rules about its callers. */
let make: (rules?: Partial<CallerRules>) => Endpoint;
let entries: LogEntry[];

beforeAll(async () => {
  standIns = await startStandIns();
  vi.stubEnv("IDENTITY_ENDPOINT", `${standIns.url}/msi/token`);
  vi.stubEnv("IDENTITY_HEADER", "header");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await standIns.stop();
});
beforeEach(() => {
  entries = [];
  const application = {
    authorityHost: standIns.url,
    tenantId: TENANT_ID,
    clientId: CLIENT_ID,
    managedIdentityClientId: MCP_CLIENT_ID,
    tokenExchangeAudience: clouds.public.tokenExchangeAudience,
    furtherTenantIds: [FURTHER_TENANT_ID],
  };
  const tokens = onBehalfOf(entraClients(application), ["https://graph.microsoft.com/User.Read"]);
  make = (rules) =>
    mcpEndpoint({
      verify: entraTokenVerifier(application),
      callers: {
        requiredScope: "Mcp.Access",
        gatewayClientId: GATEWAY_CLIENT_ID,
        furtherClientIds: [],
        roles: [],
        groups: [],
        workloadRoles: [],
        ...rules,
      },
      gatewayScopes: ["mcp.tools", "mcp.diagnostics"],
      graph: graphClient(standIns.url, tokens),
    });
  endpoint = make();
});
afterEach(() => {
  standIns.token = undefined;
  standIns.graph = undefined;
  standIns.keysAvailable = true;
  standIns.tokenRequests.length = 0;
  standIns.tokenTenants.length = 0;
  standIns.graphAuthorizations.length = 0;
});

const ofTenant = (tid: string) => ({ iss: `${standIns.url}/${tid}/v2.0`, tid });

function answer(request: Request): Promise<Response> {
  return endpoint(request, {
    correlationId: "correlation-1",
    log: (level, event, fields) => entries.push({ level, event, fields }),
  });
}

function post(authorization?: string, body = "{}"): Promise<Response> {
  return answer(
    new Request("http://graph-mcp.example/mcp", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json, text/event-stream",
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      body,
    }),
  );
}

/** Calls a tool with a real MCP client, whose network is the endpoint itself. */
async function callTool(
  name: string,
  token: string,
  mode: "legacy" | { pin: string } = { pin: "2026-07-28" },
  headers: Readonly<Record<string, string>> = {},
) {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  const transport = new StreamableHTTPClientTransport(new URL("http://graph-mcp.example/mcp"), {
    fetch: (url, init) => answer(new Request(url, init)),
    requestInit: { headers: { ...headers, Authorization: `Bearer ${token}` } },
  });
  await client.connect(transport);
  try {
    return {
      tools: (await client.listTools()).tools,
      result: await client.callTool({ name, arguments: {} }),
    };
  } finally {
    await client.close();
  }
}

describe("a request's token", () => {
  it("DIS-3 is asked for, without an error, when there is none", async () => {
    const response = await post();
    expect(response.status).toBe(401);
    expect(response.headers.get("WWW-Authenticate")).toBe("Bearer");
  });

  const inOneMinute = () => Math.floor(Date.now() / 1000) + 60;
  it.each([
    ["a wrong audience", () => standIns.signToken({ aud: MCP_CLIENT_ID })],
    ["the audience of another scheme", () => standIns.signToken({ aud: `api://${CLIENT_ID}` })],
    ["another issuer", () => standIns.signToken({ iss: `https://login.example/${TENANT_ID}/v2.0` })],
    ["another tenant's issuer", () => standIns.signToken({ iss: `${standIns.url}/${CLIENT_ID}/v2.0` })],
    ["an unlisted tenant's issuer and ID", () => standIns.signToken(ofTenant(MCP_CLIENT_ID))],
    [
      "a listed tenant's issuer beside the home tenant's ID",
      () => standIns.signToken({ ...ofTenant(FURTHER_TENANT_ID), tid: TENANT_ID }),
    ],
    [
      "a listed tenant's ID beside the home tenant's issuer",
      () => standIns.signToken({ tid: FURTHER_TENANT_ID }),
    ],
    ["no tenant", () => standIns.signToken({ tid: undefined })],
    ["an end in the past", () => standIns.signToken({ exp: inOneMinute() - 120 })],
    ["no end", () => standIns.signToken({ exp: undefined })],
    ["no user", () => standIns.signToken({ oid: undefined })],
    ["an unknown key", () => standIns.signToken({}, { kid: "other" })],
    [
      "another key's signature",
      async () => standIns.signToken({}, { key: (await generateKeyPair("RS256")).privateKey }),
    ],
    [
      "a changed payload",
      async () => (await standIns.signToken()).replace(/\.ey[^.]*\./, ".eyJvaWQiOiJ4In0."),
    ],
    [
      "no signature (alg none)",
      async () => `eyJhbGciOiJub25lIn0.${(await standIns.signToken()).split(".")[1]}.`,
    ],
    ["nothing like a token", async () => "abc"],
  ])("is refused with %s", async (_, token) => {
    const response = await post(`Bearer ${await token()}`);
    expect(response.status).toBe(401);
    expect(response.headers.get("WWW-Authenticate")).toMatch(
      /^Bearer error="invalid_token", error_description="/,
    );
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(entries).toEqual([
      { level: "warn", event: "caller_refused", fields: { reason: "invalid_token" } },
    ]);
  });

  it("is refused when it ends within five minutes", async () => {
    const response = await post(`Bearer ${await standIns.signToken({ exp: inOneMinute() + 230 })}`);
    expect(response.status).toBe(401);
    expect(response.headers.get("WWW-Authenticate")).toContain("ends within 300 seconds");
    expect(
      (await callTool("whoami", await standIns.signToken({ exp: inOneMinute() + 270 }))).result.isError,
    ).toBeFalsy();
  });

  it.each([
    ["a lesser scope", "profile"],
    ["a scope that only begins like it", "Mcp.AccessMore xMcp.Access"],
    ["no scope, as an application's own token", undefined],
  ])("TOK-10 is refused with %s by 403 insufficient_scope", async (_, scp) => {
    const response = await post(`Bearer ${await standIns.signToken({ scp })}`);
    expect(response.status).toBe(403);
    expect(response.headers.get("WWW-Authenticate")).toBe(
      'Bearer error="insufficient_scope", scope="Mcp.Access"',
    );
  });

  it("is refused when it is not in a Bearer header", async () => {
    const response = await post(`Basic ${await standIns.signToken()}`);
    expect(response.status).toBe(401);
  });

  it("is not called invalid while Entra's keys cannot be had", async () => {
    standIns.keysAvailable = false;
    const response = await post(`Bearer ${await standIns.signToken()}`);
    expect(response.status).toBe(503);
    expect(response.headers.get("Retry-After")).toBe("5");
    expect(response.headers.get("WWW-Authenticate")).toBeNull();
  });

  it("does not spare a huge body its 413", async () => {
    const response = await post(`Bearer ${await standIns.signToken()}`, `"${"x".repeat(300_000)}"`);
    expect(response.status).toBe(413);
  });
});

describe("a caller", () => {
  const GROUP = "77777777-7777-4777-8777-777777777777";
  const statusOf = async (rules: Partial<CallerRules>, claims: Readonly<Record<string, unknown>> = {}) => {
    endpoint = make(rules);
    const response = await post(`Bearer ${await standIns.signToken(claims)}`);
    expect(response.headers.has("WWW-Authenticate")).toBe(false);
    return response.status;
  };
  /** What the endpoint makes of a caller that it lets in with a body that says nothing. */
  const LET_IN = 400;

  it.each([
    ["another application", { azp: MCP_CLIENT_ID }],
    ["the server itself", { azp: CLIENT_ID }],
    ["an application that the token does not name", { azp: undefined }],
  ])("GW-6 is refused when %s got the token, though Entra signed it for this server", async (_, claims) => {
    expect(await statusOf({}, claims)).toBe(403);
    expect(entries).toEqual([
      { level: "warn", event: "caller_refused", fields: { reason: "another_client" } },
    ]);
    expect(await statusOf({ furtherClientIds: [FURTHER_TENANT_ID] }, claims)).toBe(403);
  });

  it("is taken from an application that the operator pre-authorized", async () => {
    expect(await statusOf({ furtherClientIds: [MCP_CLIENT_ID] }, { azp: MCP_CLIENT_ID })).toBe(LET_IN);
  });

  describe("GW-16 that is an application itself", () => {
    const workload = { azp: MCP_CLIENT_ID, scp: undefined, sub: USER_ID, roles: ["Mcp.Workload"] };
    const rules = { furtherClientIds: [MCP_CLIENT_ID], roles: ["Mcp.User"], workloadRoles: ["Mcp.Workload"] };

    it("is served with a role for applications, whatever people need", async () => {
      expect(await statusOf(rules, workload)).toBe(LET_IN);
    });

    it.each([
      ["another role", { roles: ["Mcp.User"] }],
      ["no role", { roles: undefined }],
      ["a client that is not listed", { azp: TENANT_ID }],
    ])("is refused with %s", async (_, claims) => {
      expect(await statusOf(rules, { ...workload, ...claims })).toBe(403);
    });

    it.each([
      ["a person's token with the same role", { ...workload, scp: "Other" }, rules],
      ["another's subject", { ...workload, sub: "subject" }, rules],
      ["a server for people only", workload, { ...rules, workloadRoles: [] }],
    ])("is refused for its scope: %s", async (_, claims, these) => {
      endpoint = make(these);
      const response = await post(`Bearer ${await standIns.signToken(claims)}`);
      expect(response.status).toBe(403);
      expect(response.headers.get("WWW-Authenticate")).toContain("insufficient_scope");
    });
  });

  it.each([
    ["no role", { roles: undefined }],
    ["an empty list of roles", { roles: [] }],
    ["another role", { roles: ["Mcp.Users", "mcp.user"] }],
    ["another group", { roles: [], groups: [TENANT_ID] }],
    ["too many groups for the token to name", { roles: [], _claim_names: { groups: "src1" } }],
    ["groups that are no list", { roles: [], groups: GROUP }],
  ])("GW-6 is refused with %s, where roles or groups are asked for", async (_, claims) => {
    expect(await statusOf({ roles: ["Mcp.User"], groups: [GROUP] }, claims)).toBe(403);
    expect(entries).toEqual([{ level: "warn", event: "caller_refused", fields: { reason: "not_assigned" } }]);
  });

  it.each([
    ["one of the roles", { roles: ["Other", "Mcp.User"] }],
    ["one of the groups", { roles: [], groups: [TENANT_ID, GROUP] }],
  ])("is let in with %s", async (_, claims) => {
    expect(await statusOf({ roles: ["Mcp.User"], groups: [GROUP] }, claims)).toBe(LET_IN);
  });
});

describe("a tool that is held to a scope", () => {
  const GRANTED = {
    "X-Gateway-Scopes": "mcp.tools mcp.diagnostics",
    "X-Gateway-Client": "https://client.example/client.json",
    "X-Gateway-Token-Expires": "1764507600",
  };
  const call = (name: string) => ({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name, arguments: {} },
  });
  const send = async (message: unknown, headers: Readonly<Record<string, string>>, claims = {}) =>
    answer(
      new Request("http://graph-mcp.example/mcp", {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json, text/event-stream",
          Authorization: `Bearer ${await standIns.signToken(claims)}`,
          ...headers,
        },
        body: JSON.stringify(message),
      }),
    );

  it.each(["legacy", { pin: "2026-07-28" }] as const)(
    "GW-10 tells what the gateway says of the call (%o)",
    async (mode) => {
      const { result } = await callTool("describe_access", await standIns.signToken(), mode, GRANTED);
      expect(result.structuredContent).toEqual({
        grantedScopes: ["mcp.tools", "mcp.diagnostics"],
        client: "https://client.example/client.json",
        accessEndsAt: "2025-11-30T13:00:00.000Z",
      });
    },
  );

  it.each([
    ["without that scope", { ...GRANTED, "X-Gateway-Scopes": "mcp.tools" }, {}],
    ["with one that only begins like it", { ...GRANTED, "X-Gateway-Scopes": "mcp.diagnostics2" }, {}],
    ["without the gateway's word", {}, {}],
  ])("GW-13 is refused by 403 insufficient_scope %s, alone or in a batch", async (_, headers, claims) => {
    for (const message of [call("describe_access"), [call("whoami"), call("describe_access")]]) {
      const response = await send(message, headers, claims);
      expect(response.status).toBe(403);
      expect(response.headers.get("WWW-Authenticate")).toBe(
        'Bearer error="insufficient_scope", scope="mcp.diagnostics"',
      );
    }
    expect((await send(call("whoami"), headers, claims)).status).toBe(200);
  });

  it("GW-10 does not take the gateway's word from anybody else", async () => {
    endpoint = make({ furtherClientIds: [MCP_CLIENT_ID] });
    const response = await send(call("describe_access"), GRANTED, { azp: MCP_CLIENT_ID });
    expect(response.status).toBe(403);
  });

  it.each([
    ["a byte order mark", "\uFEFF"],
    ["a byte order mark and white space", "\uFEFF \n"],
  ])("GW-13 is refused however the body begins: with %s", async (_, before) => {
    const token = `Bearer ${await standIns.signToken()}`;
    for (const message of [call("describe_access"), [call("whoami"), call("describe_access")]]) {
      expect((await post(token, before + JSON.stringify(message))).status).toBe(403);
    }
  });

  it.each(["\uFEFF\uFEFF", "\u0000", "\uFFFE"])(
    "GW-13 runs no tool of a body that cannot be read for its scopes: %j",
    async (before) => {
      const response = await post(
        `Bearer ${await standIns.signToken()}`,
        before + JSON.stringify(call("whoami")),
      );
      expect([response.status, await response.json()]).toMatchObject([400, { error: { code: -32700 } }]);
    },
  );

  it("leaves a body that is no JSON, or too large, to the answer that such bodies get", async () => {
    const token = `Bearer ${await standIns.signToken()}`;
    expect((await post(token, "{")).status).toBe(400);
    const large = JSON.stringify({ ...call("describe_access"), padding: "x".repeat(300_000) });
    expect((await post(token, large)).status).toBe(413);
  });
});

describe("an event stream", () => {
  it("GW-14 ends with the client's access token, though Entra's lives on, and is kept alive until then", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    try {
      const released = Promise.withResolvers<void>();
      standIns.graph = { status: 200, body: PROFILE, after: released.promise };
      const ends = Math.floor(Date.now() / 1000) + 600;
      const response = await answer(
        new Request("http://graph-mcp.example/mcp", {
          method: "POST",
          headers: {
            "Content-Type": "application/json",
            Accept: "application/json, text/event-stream",
            Authorization: `Bearer ${await standIns.signToken()}`,
            "X-Gateway-Token-Expires": String(ends),
          },
          body: JSON.stringify({
            jsonrpc: "2.0",
            id: 1,
            method: "tools/call",
            params: { name: "get_graph_user_details", arguments: {} },
          }),
        }),
      );
      expect(response.headers.get("Content-Type")).toContain("text/event-stream");
      let text = "";
      let isOver = false;
      const reading = (async () => {
        for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
        isOver = true;
      })();
      await vi.advanceTimersByTimeAsync(240_000);
      expect(text.match(/^:/gm)?.length ?? 0).toBeGreaterThan(1);
      await vi.advanceTimersByTimeAsync(350_000);
      expect(isOver).toBe(false);
      await vi.advanceTimersByTimeAsync(11_000);
      await reading;
      released.resolve();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("whoami", () => {
  it.each(["legacy", { pin: "2026-07-28" }] as const)("tells the caller who they are (%o)", async (mode) => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const token = await standIns.signToken({ exp });
    const { result, tools } = await callTool("whoami", token, mode);
    expect(result.structuredContent).toEqual({
      name: "Adele Vance",
      username: "adele@contoso.example",
      objectId: USER_ID,
      tenantId: TENANT_ID,
      clientApplicationId: GATEWAY_CLIENT_ID,
      isWorkload: false,
      scopes: ["Mcp.Access", "profile"],
      roles: ["Mcp.User"],
      tokenEndsAt: new Date(exp * 1000).toISOString(),
    });
    expect(result.content).toEqual([
      { type: "text", text: JSON.stringify(result.structuredContent, null, 2) },
    ]);
    expect(tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint])).toEqual([
      ["get_graph_user_details", true],
      ["whoami", true],
      ["describe_access", true],
    ]);
    expect(JSON.stringify([result, entries])).not.toContain(token.split(".")[2]);
  });

  it("is logged in one line", async () => {
    await callTool("whoami", await standIns.signToken());
    expect(entries).toEqual([
      {
        level: "info",
        event: "tool_call",
        fields: { tool: "whoami", userObjectId: USER_ID, outcome: "ok", milliseconds: expect.any(Number) },
      },
    ]);
  });
});

describe("get_graph_user_details", () => {
  it.each(["legacy", { pin: "2026-07-28" }] as const)("gives the user's profile (%o)", async (mode) => {
    const token = await standIns.signToken();
    const { result } = await callTool("get_graph_user_details", token, mode);
    expect(result.isError).toBeFalsy();
    expect(result.structuredContent).toMatchObject({
      id: USER_ID,
      displayName: PROFILE.displayName,
      userPrincipalName: PROFILE.userPrincipalName,
      mail: PROFILE.mail,
      jobTitle: PROFILE.jobTitle,
      officeLocation: null,
      mobilePhone: null,
      businessPhones: PROFILE.businessPhones,
    });
    expect(standIns.graphAuthorizations).toEqual(["Bearer graph-token-1"]);
    const [request] = standIns.tokenRequests;
    expect(Object.fromEntries(request ?? [])).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      requested_token_use: "on_behalf_of",
      assertion: token,
      client_id: CLIENT_ID,
      client_assertion: "managed-identity-token",
      scope: expect.stringContaining("https://graph.microsoft.com/User.Read"),
    });
  });

  it("CAL-2 acts in the tenant of each user", async () => {
    await callTool("get_graph_user_details", await standIns.signToken());
    await callTool("get_graph_user_details", await standIns.signToken(ofTenant(FURTHER_TENANT_ID)));
    expect(standIns.tokenTenants).toEqual([TENANT_ID, FURTHER_TENANT_ID]);
  });

  it("exchanges a token once, and each user's own", async () => {
    const [one, other] = [await standIns.signToken(), await standIns.signToken({ oid: CLIENT_ID })];
    for (const token of [one, one, other]) await callTool("get_graph_user_details", token);
    expect(standIns.graphAuthorizations).toEqual([
      "Bearer graph-token-1",
      "Bearer graph-token-1",
      "Bearer graph-token-2",
    ]);
    expect(standIns.tokenRequests.map((request) => request.get("assertion"))).toEqual([one, other]);
  });

  it("exchanges again when the Graph token ends within five minutes", async () => {
    standIns.token = graphToken("short", 200);
    const token = await standIns.signToken();
    for (let call = 0; call < 2; call += 1) await callTool("get_graph_user_details", token);
    expect(standIns.tokenRequests).toHaveLength(2);
  });

  it("exchanges again after Graph refused the token", async () => {
    const token = await standIns.signToken();
    standIns.graph = { status: 401, body: { error: { code: "InvalidAuthenticationToken" } } };
    const { result } = await callTool("get_graph_user_details", token);
    expect(result).toMatchObject({ isError: true });
    standIns.graph = undefined;
    expect((await callTool("get_graph_user_details", token)).result.isError).toBeFalsy();
    expect(standIns.graphAuthorizations).toEqual(["Bearer graph-token-1", "Bearer graph-token-2"]);
  });

  it.each([
    [
      "consent is missing",
      entraError("invalid_grant", 65001),
      "An administrator must consent to User.Read",
      "AADSTS65001",
    ],
    [
      "more is asked of the user",
      entraError("interaction_required", 50076),
      "sign-in policy asks for more",
      "AADSTS50076",
    ],
    [
      "the user's token no longer counts",
      entraError("invalid_grant", 500133),
      "sign-in has ended",
      "AADSTS500133",
    ],
    [
      "the identity is not trusted",
      entraError("invalid_client", 700213),
      "federated credential",
      "AADSTS700213",
    ],
    ["something else is wrong", entraError("invalid_request", 90002), "look AADSTS90002 up", "AADSTS90002"],
    ["Entra is down", { status: 503, body: { error: "x" } }, "could not be reached", "entra_unavailable"],
  ])("says what to do when %s, and nothing of Entra's answer", async (_, tokenAnswer, message, outcome) => {
    standIns.token = tokenAnswer;
    const { result } = await callTool("get_graph_user_details", await standIns.signToken());
    expect(result).toEqual(
      expect.objectContaining({
        isError: true,
        content: [{ type: "text", text: expect.stringContaining(message) }],
      }),
    );
    expect(JSON.stringify([result, entries])).not.toMatch(
      /trace|Trace|What Entra says|eyJ|managed-identity-token/,
    );
    expect(entries).toEqual([
      expect.objectContaining({ level: "warn", fields: expect.objectContaining({ outcome }) }),
    ]);
  });

  it.each([
    [403, {}, "An administrator must consent"],
    [429, { "Retry-After": "17" }, "Try again in 17 seconds"],
    [500, {}, "HTTP 500"],
  ])("says what to do when Graph answers %i", async (status, headers, message) => {
    standIns.graph = { status, headers, body: { error: { code: "x", message: "graph-internals" } } };
    const { result } = await callTool("get_graph_user_details", await standIns.signToken());
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).toContain(message);
    expect(JSON.stringify([result, entries])).not.toMatch(/graph-internals|graph-token/);
  });

  it("says so when Graph's answer is no profile", async () => {
    standIns.graph = { status: 200, body: { value: [] } };
    const { result } = await callTool("get_graph_user_details", await standIns.signToken());
    expect(JSON.stringify(result)).toContain("does not understand");
  });
});
