import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, it } from "vitest";
import exampleConfig from "../../examples/tool-rules.config.ts";
import { arriveAt } from "../support/arrive-at.ts";
import { installInspector } from "../support/mcp-inspector.ts";
import { MemoryOAuthProvider } from "../support/mcp-oauth-provider.ts";
import { installMcpRemote } from "../support/mcp-remote.ts";
import { OAuthClient, send } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { signInAsBefore } from "../support/sign-in-as-before.ts";
import { useOwnTwin } from "../support/use-twin.ts";

const WITH_ROLE = "Jonas Lindqvist";
const WITHOUT_ROLE = "Mira Okafor";
const ALL = "mcp.tools mcp.diagnostics";
const STEPPED_UP = `asked for ${ALL}, then used`;
/** It uses its refresh token, which cannot bring another scope (RFC 6749 §6), and does not ask the person. */
const GAVE_UP = "refreshed, and gave up";
const REDIRECT_URI = "http://localhost:9999/callback";

const twin = useOwnTwin(exampleConfig);

/** What a program came to, in a word for each tool. */
interface Outcome {
  readonly tools: readonly string[];
  readonly allowed: string;
  readonly missingScope: string;
  readonly missingRole: string;
}

/** Uses the three tools of the sample server as a user: one is allowed, one needs a scope, and one a role. */
type Use = (user: string) => Promise<Outcome>;

interface SdkSession {
  connect(): Promise<unknown>;
  list(): Promise<readonly string[]>;
  call(tool: string): Promise<unknown>;
  finish(answer: URLSearchParams): Promise<void>;
}

/** The outcome for a program made with an SDK, which the program has to help through each sign-in. */
async function throughSdk(
  user: string,
  session: (provider: MemoryOAuthProvider) => SdkSession,
): Promise<Outcome> {
  const provider = new MemoryOAuthProvider({ name: "Sample desktop", redirectUri: REDIRECT_URI });
  const approve = async (unfinished: SdkSession) => {
    const { url } = provider.pendingRequest();
    await unfinished.finish(new URL(await new Person(twin).allow(url.href, user)).searchParams);
    return (url.searchParams.get("scope") ?? "").replace(" offline_access", "");
  };
  const first = session(provider);
  await expect(first.connect()).rejects.toThrow();
  await approve(first);
  const second = session(provider);
  await second.connect();
  const call = (tool: string) =>
    second.call(tool).then(
      () => "used",
      (error: Error) => error,
    );
  const tools = await second.list();
  const allowed = await call("whoami");
  const missingRole = await call("get_graph_user_details");
  const refused = await call("describe_access");
  const givesUp = refused instanceof Error && refused.message.includes("403 after trying upscoping");
  const asked = refused === "used" || givesUp ? "nothing" : await approve(second);
  const again = await call("describe_access");
  return {
    tools,
    allowed: String(allowed),
    missingRole: missingRole instanceof Error ? reasonOf(missingRole.message) : "used",
    missingScope: givesUp ? GAVE_UP : `asked for ${asked}, then ${again}`,
  };
}

function reasonOf(text: string): string {
  if (/needs the role or group Directory administrator/.test(text)) return "told the role";
  if (/AUTHORIZED without authorization code/.test(text)) return GAVE_UP;
  return /'get_graph_user_details' not found on server/.test(text) ? "not in the list" : text;
}

const sdkV2 =
  (mode: "legacy" | { pin: string }): Use =>
  (user) =>
    throughSdk(user, (provider) => {
      const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
      const transport = new StreamableHTTPClientTransport(new URL(twin.mcpUrl), { authProvider: provider });
      return {
        connect: () => client.connect(transport),
        list: async () => (await client.listTools()).tools.map(({ name }) => name),
        call: (name) => client.callTool({ name, arguments: {} }),
        finish: (answer) => transport.finishAuth(answer),
      };
    });

const sdkV1: Use = (user) =>
  throughSdk(user, (provider) => {
    const client = new ClientV1({ name: "test", version: "1" });
    const transport = new TransportV1(new URL(twin.mcpUrl), { authProvider: provider });
    return {
      connect: () => client.connect(transport),
      list: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: (name) => client.callTool({ name, arguments: {} }),
      finish: (answer) => transport.finishAuth(answer.get("code") ?? ""),
    };
  });

const inspector =
  (era: "legacy" | "modern"): Use =>
  async (user) => {
    const installed = await installInspector();
    const asked: string[] = [];
    const run = (...more: string[]) =>
      installed.run(
        [
          "--server-url",
          twin.mcpUrl,
          "--transport",
          "http",
          "--protocol-era",
          era,
          "--format",
          "json",
          "--method",
          ...more,
        ],
        async (url) => {
          asked.push((url.searchParams.get("scope") ?? "").replace(" offline_access", ""));
          await arriveAt(await new Person(twin).allow(url.href, user));
        },
      );
    const call = async (tool: string) => {
      const { exitCode, messages } = await run("tools/call", "--tool-name", tool);
      return exitCode === 0 ? "used" : reasonOf(messages);
    };
    try {
      const tools = JSON.parse((await run("tools/list")).output) as { result: { tools: { name: string }[] } };
      const allowed = await call("whoami");
      const missingRole = await call("get_graph_user_details");
      // Its first sign-in asks for every scope there is.
      await installed.keepTokens(await signInAsBefore(twin, await installed.registered(), user, "mcp.tools"));
      const before = asked.length;
      const again = await call("describe_access");
      return {
        tools: tools.result.tools.map(({ name }) => name),
        allowed,
        missingRole,
        missingScope:
          again === GAVE_UP ? GAVE_UP : `asked for ${asked.slice(before).join(", ")}, then ${again}`,
      };
    } finally {
      await installed.close();
    }
  };

const mcpRemote =
  (protocol: "legacy" | "auto"): Use =>
  async (user) => {
    const remote = await installMcpRemote(twin.mcpUrl);
    const asked: string[] = [];
    try {
      const connection = await remote.start(["--protocol", protocol], async (url) => {
        asked.push((url.searchParams.get("scope") ?? "").replace(" offline_access", ""));
        await arriveAt(await new Person(twin).allow(url.href, user));
      });
      const call = (tool: string) =>
        connection.callTool(tool).then(
          ({ isError }) => (isError ? "failed" : "used"),
          (error: Error) => reasonOf(error.message),
        );
      const tools = await connection.listTools();
      const allowed = await call("whoami");
      const missingRole = await call("get_graph_user_details");
      const before = asked.length;
      const again = await call("describe_access");
      await connection.close();
      return {
        tools,
        allowed,
        missingRole,
        missingScope: `asked for ${asked.slice(before).join(", ")}, then ${again}`,
      };
    } finally {
      await remote.close();
    }
  };

describe("GW-12 programs at a server with access rules", () => {
  it.each<[string, string, Use, string, string]>([
    ["@modelcontextprotocol/client", "2026-07-28", sdkV2({ pin: "2026-07-28" }), STEPPED_UP, "told the role"],
    ["@modelcontextprotocol/client", "2025-11-25", sdkV2("legacy"), STEPPED_UP, "told the role"],
    ["@modelcontextprotocol/sdk", "2025-11-25", sdkV1, GAVE_UP, "told the role"],
    ["MCP Inspector", "2026-07-28", inspector("modern"), GAVE_UP, "not in the list"],
    ["MCP Inspector", "2025-11-25", inspector("legacy"), GAVE_UP, "not in the list"],
    ["mcp-remote", "2026-07-28", mcpRemote("auto"), STEPPED_UP, "told the role"],
    ["mcp-remote", "2025-11-25", mcpRemote("legacy"), STEPPED_UP, "told the role"],
  ])("%s, %s", async (_, _revision, use, missingScope, missingRole) => {
    expect(await use(WITHOUT_ROLE)).toEqual({
      tools: ["whoami", "describe_access"],
      allowed: "used",
      missingRole,
      missingScope,
    });
  });

  it("lets somebody with the role see and use all three", async () => {
    expect(await sdkV2({ pin: "2026-07-28" })(WITH_ROLE)).toEqual({
      tools: ["get_graph_user_details", "whoami", "describe_access"],
      allowed: "used",
      missingRole: "used",
      missingScope: STEPPED_UP,
    });
  });
});

describe("GW-12 what no program sends by itself, at a server with access rules", () => {
  const call = (name: string, id: number) => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name, arguments: {} },
  });

  it.each<[string, string, Readonly<Record<string, string>>, unknown, number, number]>([
    ["a batch", "2025-03-26", {}, [call("whoami", 1), call("get_graph_user_details", 2)], 403, -32004],
    [
      "a batch that lacks a scope",
      "2025-03-26",
      {},
      [call("describe_access", 2), call("whoami", 1)],
      403,
      -32001,
    ],
    [
      "a tool that is not the body's",
      "2025-11-25",
      { "mcp-name": "whoami" },
      call("describe_access", 1),
      400,
      -32020,
    ],
    [
      "a tool that is not the body's",
      "2026-07-28",
      { "mcp-method": "tools/call", "mcp-name": "whoami" },
      call("describe_access", 1),
      400,
      -32020,
    ],
    ["no tool", "2026-07-28", { "mcp-method": "tools/call" }, call("whoami", 1), 400, -32020],
    ["no method", "2026-07-28", { "mcp-name": "whoami" }, call("whoami", 1), 400, -32020],
  ])("%s, %s", async (_, revision, headers, message, status, code) => {
    const client = await OAuthClient.register(twin.origin);
    const { accessToken } = await client.signIn(new Person(twin), WITHOUT_ROLE);
    const answer = await send(twin.mcpUrl, {
      method: "POST",
      headers: {
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": revision,
        ...headers,
      },
      body: JSON.stringify(message),
    });
    const errors = [JSON.parse(answer.text)].flat().map(({ error }) => error.code);
    expect([answer.status, errors.includes(code)]).toEqual([status, true]);
    expect(answer.headers.has("www-authenticate")).toBe(code === -32001);
  });
});
