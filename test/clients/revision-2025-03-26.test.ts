import { beforeAll, describe, expect, it } from "vitest";
import { useStarted } from "../../functions/testing/started.ts";
import shippedConfig from "../../gateway.config.ts";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import { startRedirectListener } from "../support/mcp-redirect-listener.ts";
import { sdkV1Program } from "../support/mcp-sdk-v1.ts";
import { sdkV2Program } from "../support/mcp-sdk-v2.ts";
import { type Answer, OAuthClient, send, tokensOf } from "../support/oauth-client.ts";
import { OLD_REVISION, startOldMcpServer } from "../support/old-mcp-server.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { Person } from "../support/person.ts";
import { notesServer } from "../support/recording-backend.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
const VERSION = { "mcp-protocol-version": OLD_REVISION };

const server = useStarted("the old server", startOldMcpServer, (started) => started.stop());
/** Its default server is the old one; the sample server is another. */
const twin = useOwnTwin(() => {
  const { scopes, entra } = notesServer(server);
  const old = { name: "old", title: "Old", backend: { url: server.url }, scopes, entra };
  return { servers: [old, ...shippedConfig.servers] };
});
let sampleUrl: string;

beforeAll(async () => {
  sampleUrl = `${twin.origin}/graph/mcp`;
});

function post(
  url: string,
  accessToken: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = VERSION,
): Promise<Answer> {
  return send(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${accessToken}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: OLD_REVISION, capabilities: {}, clientInfo: { name: "old", version: "1" } },
};
const call = (id: number, method: string, params: object = {}) => ({ jsonrpc: "2.0", id, method, params });

interface Endpoints {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly registration_endpoint: string;
}

/** Signs in as that revision has it: by the MCP server's origin alone, without `resource`, and without `scope`. */
async function signInAsOld({ authorization_endpoint, token_endpoint, registration_endpoint }: Endpoints) {
  const registered = await send(registration_endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", ...VERSION },
    body: JSON.stringify({
      client_name: "Old client",
      redirect_uris: ["http://localhost:9999/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    }),
  });
  const client = new OAuthClient(twin.origin, String(registered.json["client_id"]));
  const request = client.authorizationRequest();
  const query = new URL(request.url).search;
  const code = client.code(await new Person(twin).allow(`${authorization_endpoint}${query}`, USER));
  const form = (fields: Readonly<Record<string, string>>) =>
    send(token_endpoint, { method: "POST", body: new URLSearchParams({ client_id: client.id, ...fields }) });
  const tokens = tokensOf(
    await form({
      grant_type: "authorization_code",
      code,
      redirect_uri: request.redirectUri,
      code_verifier: request.verifier,
    }),
  );
  return { client, form, tokens };
}

describe("a client of revision 2025-03-26", () => {
  const BY_METADATA = async (): Promise<Endpoints> => {
    const url = new URL("/.well-known/oauth-authorization-server", new URL(twin.mcpUrl).origin);
    const { status, json } = await send(url.href, { headers: VERSION });
    expect(status).toBe(200);
    return json as unknown as Endpoints;
  };
  const BY_DEFAULT = async (): Promise<Endpoints> => {
    const { origin } = new URL(twin.mcpUrl);
    return {
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
    };
  };

  it.each([
    ["the metadata at the MCP server's origin", BY_METADATA],
    ["the endpoints' default places, without metadata", BY_DEFAULT],
  ])(
    "DIS-4 DIS-5 AUT-3 CLI-1 TOK-1 TOK-5 signs in by %s, calls the default server, and refreshes",
    async (_, find) => {
      expect((await send(twin.mcpUrl, { method: "POST", headers: VERSION })).status).toBe(401);
      const { form, tokens } = await signInAsOld(await find());

      const initialized = await post(twin.mcpUrl, tokens.accessToken, INITIALIZE, {});
      expect(initialized.json).toMatchObject({ id: 1, result: { protocolVersion: OLD_REVISION } });
      const notification = { jsonrpc: "2.0", method: "notifications/initialized" };
      expect((await post(twin.mcpUrl, tokens.accessToken, notification)).status).toBe(202);
      expect((await post(twin.mcpUrl, tokens.accessToken, call(2, "tools/list"))).json).toMatchObject({
        result: { tools: [{ name: "old_tool" }] },
      });

      const refreshed = tokensOf(
        await form({ grant_type: "refresh_token", refresh_token: tokens.refreshToken }),
      );
      expect((await post(twin.mcpUrl, refreshed.accessToken, call(3, "ping"))).json).toMatchObject({
        result: {},
      });
      // It asked for no other server, so it has none.
      const elsewhere = await post(sampleUrl, refreshed.accessToken, call(4, "ping"));
      expect(elsewhere.status).toBe(401);
      expect(elsewhere.headers.get("www-authenticate")).toContain(
        `${twin.origin}/.well-known/oauth-protected-resource`,
      );
    },
  );

  it("GW-4 has its batches passed on and answered as they are, and its version with them", async () => {
    const { tokens } = await signInAsOld(await BY_METADATA());
    const batch = [
      call(1, "tools/list"),
      { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: 1, progress: 1 } },
      call(2, "tools/call", { name: "old_tool", arguments: {} }),
      call(3, "no/such"),
    ];
    const { status, text } = await post(twin.mcpUrl, tokens.accessToken, batch);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3, error: { code: -32601 } }]);
    expect(server.received.at(-1)).toMatchObject({ body: batch, headers: VERSION });

    const notifications = [{ jsonrpc: "2.0", method: "notifications/initialized" }];
    expect((await post(twin.mcpUrl, tokens.accessToken, notifications)).status).toBe(202);
  });

  it("GW-4 may leave its version out, and the gateway adds none", async () => {
    const { tokens } = await signInAsOld(await BY_METADATA());
    expect((await post(twin.mcpUrl, tokens.accessToken, call(1, "ping"), {})).status).toBe(200);
    expect(server.received.at(-1)?.headers).not.toHaveProperty("mcp-protocol-version");
  });

  it("GW-1 is challenged for the whole batch, in one answer, where its token will not do", async () => {
    const known = server.received.length;
    const { status, json } = await post(twin.mcpUrl, "garbage", [call(1, "ping"), call(2, "ping")]);
    expect(status).toBe(401);
    expect(json).toMatchObject({ jsonrpc: "2.0", id: null, error: { message: expect.any(String) } });
    expect(server.received).toHaveLength(known);
  });
});

describe("the SDKs at a server of revision 2025-03-26", () => {
  it.each([
    ["@modelcontextprotocol/sdk 1.x", sdkV1Program],
    [
      "@modelcontextprotocol/client 2.x",
      (options: Parameters<typeof sdkV2Program>[0]) => sdkV2Program(options, "legacy"),
    ],
  ])("GW-4 %s comes down to that revision, through the gateway", async (_, makeProgram) => {
    const redirects = await startRedirectListener();
    const provider = new MemoryOAuthProvider({ name: "Sample desktop", redirectUri: redirects.url });
    const program = makeProgram({ mcpUrl: twin.mcpUrl, redirects, provider });
    const connection = await program.connect(async (url) =>
      fetch(await new Person(twin).allow(url.href, USER), { signal: AbortSignal.timeout(PATIENCE_MS) }),
    );
    expect(connection.protocolVersion).toBe(OLD_REVISION);
    expect(await connection.listTools()).toEqual(["old_tool"]);
    expect(server.received.at(-1)?.headers).toMatchObject(VERSION);
    await connection.close();
    await redirects.close();
  });
});

describe("the sample server, which speaks newer revisions", () => {
  let accessToken: string;

  beforeAll(async () => {
    const client = await OAuthClient.register(twin.origin);
    ({ accessToken } = await client.signIn(new Person(twin), USER, { resource: sampleUrl }));
  });

  it.each(["2025-03-26", "2025-06-18", "2025-11-25"])(
    "GW-4 answers a client of %s in its revision",
    async (revision) => {
      const params = { ...INITIALIZE.params, protocolVersion: revision };
      const initialized = await post(sampleUrl, accessToken, { ...INITIALIZE, params }, {});
      expect(initialized.text).toContain(`"protocolVersion":"${revision}"`);
      const version = { "mcp-protocol-version": revision };
      expect((await post(sampleUrl, accessToken, call(2, "tools/list"), version)).text).toContain("whoami");
    },
  );

  it("GW-4 answers a client that names a revision that nobody knows with 400, not with 401 or 5xx", async () => {
    const version = { "mcp-protocol-version": "1999-01-01" };
    const { status, text } = await post(sampleUrl, accessToken, call(1, "tools/list"), version);
    expect(status).toBe(400);
    expect(text).toMatch(/protocol version/i);
  });

  it("GW-4 takes no batch in a revision that has none", async () => {
    const batch = [call(1, "tools/list"), call(2, "ping")];
    const version = { "mcp-protocol-version": "2026-07-28" };
    const { status } = await post(sampleUrl, accessToken, batch, version);
    expect(status).toBe(400);
  });
});
