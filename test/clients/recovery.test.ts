import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import shippedConfig from "../../gateway.config.ts";
import { freePort } from "../../twin/free-port.ts";
import { arriveAt } from "../support/arrive-at.ts";
import { forgetDocuments } from "../support/forget-documents.ts";
import { type Inspector, installInspector } from "../support/mcp-inspector.ts";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import type { McpProgram, McpProgramOptions } from "../support/mcp-program.ts";
import { useRedirectListener } from "../support/mcp-redirect-listener.ts";
import { installMcpRemote } from "../support/mcp-remote.ts";
import { sdkV1Program } from "../support/mcp-sdk-v1.ts";
import { sdkV2Program } from "../support/mcp-sdk-v2.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { rawRequest } from "../support/raw-request.ts";
import { signInAsBefore } from "../support/sign-in-as-before.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const USER = "Mira Okafor";
const BOTH = "mcp.tools mcp.more";
const CONFIGURED = {
  id: "desktop-proxy",
  name: "Desktop proxy",
  redirectUris: ["http://localhost/oauth/callback"],
};
/** The shipped server without its optional scope, once its operator has asked for one scope more. */
const SERVERS = shippedConfig.servers.map((server) => ({
  ...server,
  scopes: [
    ...server.scopes.filter(({ required }) => required !== false),
    { name: "mcp.more", description: "do more" },
  ],
}));

const twin = useOwnTwin({ servers: SERVERS, clients: [CONFIGURED] });
const redirects = useRedirectListener();
/** What the person was asked to open. */
let opened: URL[] = [];

async function signIn(url: URL): Promise<void> {
  opened.push(url);
  await arriveAt(await new Person(twin).allow(url.href, USER));
}

/** Scopes, without the one that says that the client wants to stay connected. */
const asked = (url: URL | undefined) => url?.searchParams.get("scope")?.replace(" offline_access", "");

const clientOf = (url: URL | undefined) => url?.searchParams.get("client_id");

/** As a restored or lost database would leave it. */
async function forgetEverything(): Promise<void> {
  await forgetDocuments(twin, "clients");
  await forgetDocuments(twin, "sessions");
  twin.gateway.cache.clear();
}

const SDKS: readonly [string, (options: McpProgramOptions) => McpProgram][] = [
  ["@modelcontextprotocol/client 2.x", (options) => sdkV2Program(options, { pin: "2026-07-28" })],
  ["@modelcontextprotocol/client 2.x in the legacy era", (options) => sdkV2Program(options, "legacy")],
  ["@modelcontextprotocol/sdk 1.x", sdkV1Program],
];

/** A program that signed in once. */
async function connectedOnce(makeProgram: (options: McpProgramOptions) => McpProgram) {
  const provider = new MemoryOAuthProvider({ name: "Sample desktop", redirectUri: redirects.url });
  const program = makeProgram({ mcpUrl: twin.mcpUrl, redirects, provider });
  await (await program.connect(signIn)).close();
  opened = [];
  return { provider, program, id: provider.clientInformation()?.client_id ?? "" };
}

describe.each(SDKS)("%s", (name, makeProgram) => {
  it("CLI-7 registers again and signs in, when its registration and its session are gone", async () => {
    const { provider, program, id } = await connectedOnce(makeProgram);
    await forgetEverything();
    const connection = await program.connect(signIn);
    expect(await connection.callTool("whoami")).toMatchObject({ structured: { name: USER } });
    await connection.close();
    const after = provider.clientInformation()?.client_id;
    expect(after).toMatch(/^[\w-]{22}$/);
    expect(after).not.toBe(id);
    expect(opened.map(clientOf)).toEqual([after]);
  });

  const stepsUp = !name.includes("1.x");
  it(`TOK-10 ${stepsUp ? "steps up" : "cannot step up while it has a refresh token"} after a 403 that asks for one scope more`, async () => {
    const { provider, program, id } = await connectedOnce(makeProgram);
    const before = await signInAsBefore(twin, { id, redirectUri: redirects.url }, USER, "mcp.tools");
    provider.saveTokens({ ...provider.tokens(), ...before });
    if (!stepsUp) {
      await expect(program.connect(signIn)).rejects.toThrow("Server returned 403 after trying upscoping");
      expect(opened).toEqual([]);
      provider.signOut();
    }
    const connection = await program.connect(signIn);
    expect(await connection.callTool("whoami")).toMatchObject({ structured: { name: USER } });
    await connection.close();
    expect(opened.map((url) => url.searchParams.get("scope")?.replace(" offline_access", ""))).toEqual([
      BOTH,
    ]);
    expect(provider.tokens()?.scope?.replace(" offline_access", "")).toBe(BOTH);
  });
});

describe("FastMCP", () => {
  /** What it sends before it opens a browser: nothing says that it is a navigation (`redirect_handler` of its OAuth client). */
  const lookAt = async ({ url }: { readonly url: string }) => {
    const headers = {
      accept: "*/*",
      "accept-encoding": "gzip, deflate",
      "user-agent": "python-httpx/0.28.1",
    };
    return (await rawRequest(twin.origin, url.slice(twin.origin.length), { headers })).status;
  };

  it("CLI-7 learns from /authorize, by 400 and nothing else, that it has to register again", async () => {
    const client = await OAuthClient.register(twin.origin, { client_name: "FastMCP Client" });
    expect(await lookAt(client.authorizationRequest())).toBe(200);
    await forgetEverything();
    expect(await lookAt(client.authorizationRequest())).toBe(400);
    for (const id of ["x".repeat(22), `s.${"x".repeat(22)}`, "nobody"]) {
      expect(await lookAt(new OAuthClient(twin.origin, id).authorizationRequest())).toBe(400);
    }
    const again = await OAuthClient.register(twin.origin, { client_name: "FastMCP Client" });
    expect(await lookAt(again.authorizationRequest())).toBe(200);
  });
});

describe("mcp-remote", () => {
  const ownRegistration = async () => [];
  const configured = async () => [
    String(await freePort()),
    ...["--static-oauth-client-info", JSON.stringify({ client_id: CONFIGURED.id })],
  ];

  it.each([
    ["with its own registration", ownRegistration],
    ["as the client that the operator configured", configured],
  ])("TOK-10 steps up after a 403 that asks for one scope more: %s", async (_, optionsOf) => {
    const remote = await installMcpRemote(twin.mcpUrl);
    try {
      const options = await optionsOf();
      opened = [];
      await (await remote.start(options, signIn)).close();
      const [first] = opened;
      const kept = { id: clientOf(first) ?? "", redirectUri: first?.searchParams.get("redirect_uri") ?? "" };
      await remote.keepTokens(await signInAsBefore(twin, kept, USER, "mcp.tools"));
      opened = [];
      const connection = await remote.start(options, signIn);
      expect(await connection.callTool("whoami")).toMatchObject({ structured: { name: USER } });
      await connection.close();
      expect(opened.map(asked)).toEqual([BOTH]);
    } finally {
      await remote.close();
    }
  });
});

describe("MCP Inspector's command line", () => {
  let inspector: Inspector;

  beforeAll(async () => {
    inspector = await installInspector();
    expect(await call()).toMatchObject({ exitCode: 0 });
  });

  beforeEach(() => {
    opened = [];
  });

  afterAll(() => inspector?.close());

  const call = (...more: string[]) =>
    inspector.run(
      [
        ...["--server-url", twin.mcpUrl, "--transport", "http", "--protocol-era", "modern"],
        ...["--format", "json", "--method", "tools/call", "--tool-name", "whoami", ...more],
      ],
      signIn,
    );

  it("TOK-10 cannot step up after a 403 to its first request, and is given the scope with --relogin", async () => {
    await inspector.keepTokens(await signInAsBefore(twin, await inspector.registered(), USER, "mcp.tools"));
    const refused = await call();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.messages).toContain("auth() returned AUTHORIZED without authorization code");
    expect(opened).toEqual([]);
    const again = await call("--relogin");
    expect(again.output, again.messages).toContain(USER);
    expect(opened.map(asked)).toEqual([BOTH]);
  });

  it("CLI-7 registers again and signs in, when its registration and its session are gone", async () => {
    const { id } = await inspector.registered();
    await forgetEverything();
    const run = await call();
    expect(run.output, run.messages).toContain(USER);
    expect(opened).toHaveLength(1);
    expect(clientOf(opened[0])).not.toBe(id);
  });
});
