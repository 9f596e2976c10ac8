import { spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import exampleConfig from "../../examples/servers-without-entra.config.ts";
import { useStarted } from "../../functions/testing/started.ts";
import { freePort } from "../../twin/free-port.ts";
import { assertionsFor } from "./forged-assertions.ts";
import { MemoryOAuthProvider } from "./mcp-oauth-provider.ts";
import { useRedirectListener } from "./mcp-redirect-listener.ts";
import { sdkV2Program } from "./mcp-sdk-v2.ts";
import { OAuthClient } from "./oauth-client.ts";
import { PATIENCE_MS } from "./patience.ts";
import { Person } from "./person.ts";
import type { OwnTestTwin } from "./twin.ts";
import { useOwnTwin } from "./use-twin.ts";

const MIRA = "Mira Okafor";

/** An example of an MCP server that takes the gateway's assertions. */
interface Example {
  /** In `examples/servers-without-entra.config.ts`. */
  readonly name: string;
  readonly command: string;
  /** The environment has ISSUER, AUDIENCE and PORT. */
  readonly args: (port: number) => readonly string[];
  readonly tool: string;
  readonly answer: object;
}

/** A running example, behind a twin. */
interface RunningExample {
  readonly twin: OwnTestTwin;
  readonly mcpUrl: string;
  readonly backendUrl: string;
  readonly audience: string;
  stop(): Promise<void>;
}

/**
 * Tests an example with a twin in front of it: from the sign-in of a real client to a tool, and with tokens that the server has to
 * refuse wherever they come from.
 */
export function testExample(example: Example): RunningExample {
  let port: number;
  const twin = useOwnTwin(async () => {
    port = await freePort();
    const url = `http://127.0.0.1:${port}/mcp`;
    const servers = exampleConfig.servers.map((server) =>
      server.name === example.name ? { ...server, backend: { url } } : server,
    );
    return { servers };
  });
  const redirects = useRedirectListener();
  const running = useStarted(
    "the example",
    () => start(example, twin, port),
    ({ stop }) => stop(),
  );

  it("tells the tool who calls, after a client's whole sign-in from the MCP URL alone", async () => {
    const provider = new MemoryOAuthProvider({ name: "Example client", redirectUri: redirects.url });
    const program = sdkV2Program({ mcpUrl: running.mcpUrl, redirects, provider });
    const connection = await program.connect(async (url) => {
      await fetch(await new Person(twin).allow(url.href, MIRA));
    });
    expect(await connection.listTools()).toEqual([example.tool]);
    expect(await connection.callTool(example.tool)).toEqual({ isError: false, structured: example.answer });
    await connection.close();
  });

  it("takes an assertion of the gateway's, and refuses whatever is not one for it, also past the gateway", async () => {
    const client = await OAuthClient.register(twin.origin);
    const scope = `${exampleScope(example.name)} offline_access`;
    const tokens = await client.signIn(new Person(twin), MIRA, { resource: running.mcpUrl, scope });
    const { genuine, refused } = await assertionsFor(twin, tokens, running.audience);
    const statusWith = async (token: string | undefined) => {
      const message = { jsonrpc: "2.0", id: 1, method: "initialize", params: INITIALIZE };
      return (await client.send(running.backendUrl, token, message)).status;
    };
    expect(await statusWith(genuine)).toBe(200);
    expect(await statusWith(undefined)).toBe(401);
    const seen = await Promise.all(
      refused.map(async ([what, token]) => [what, await statusWith(token)] as const),
    );
    expect(seen.filter(([, status]) => status !== 401 && status !== 403)).toEqual([]);
  });

  return running;
}

const INITIALIZE = {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "test", version: "1.0.0" },
};

function exampleScope(name: string): string {
  return exampleConfig.servers.find((server) => server.name === name)?.scopes[0]?.name ?? "";
}

/** @throws Error with what the server wrote, when it does not listen in time */
async function start(
  { name, command, args }: Example,
  twin: OwnTestTwin,
  port: number,
): Promise<RunningExample> {
  const server = twin.resolved.servers.find((each) => each.name === name);
  const audience = typeof server?.identity === "object" ? server.identity.assertion.audience : "";
  const child = spawn(command, args(port), {
    env: {
      PATH: process.env["PATH"],
      // Python would leave its compiled files in the checkout.
      PYTHONDONTWRITEBYTECODE: "1",
      ISSUER: twin.origin,
      AUDIENCE: audience,
      PORT: String(port),
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
  }
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill();
    await ended;
  };
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${command} ${args(port).join(" ")} does not listen: ${output}`);
    }
    await sleep(50);
  }
  return { twin, mcpUrl: server?.resource ?? "", backendUrl: `http://127.0.0.1:${port}/mcp`, audience, stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
