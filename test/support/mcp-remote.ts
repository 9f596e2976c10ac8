import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { startBrowserCommand } from "./browser-command.ts";
import { keptFile } from "./kept-files.ts";
import type { McpConnection, OpenBrowser } from "./mcp-program.ts";
import { PATIENCE_MS } from "./patience.ts";
import type { KeptTokens } from "./sign-in-as-before.ts";

const PROGRAM = resolve(import.meta.dirname, "../../node_modules/mcp-remote/dist/proxy.js");
/** Of one request: a test must have time left to end the program. */
const TIMEOUT = { timeout: PATIENCE_MS };

/** mcp-remote on the computer of somebody who never used it before. */
export interface McpRemote {
  /**
   * Starts it, and connects to it over stdio as the program does that it serves. What it keeps between starts, it keeps
   * for the next.
   *
   * @param options of its command line, behind the server's URL
   * @param openBrowser brings the URL that it opens to a person
   * @throws Error with what it wrote, when it does not connect
   */
  start(options: readonly string[], openBrowser: OpenBrowser): Promise<McpConnection>;
  /** Has it keep other tokens than those that it got. */
  keepTokens(tokens: KeptTokens): Promise<void>;
  /** Removes what it kept. */
  close(): Promise<void>;
}

/** Gives mcp-remote a home folder, and a browser that hands URLs to the test. */
export async function installMcpRemote(mcpUrl: string): Promise<McpRemote> {
  const home = await mkdtemp(join(tmpdir(), "mcp-remote-"));
  return {
    async start(options, openBrowser) {
      const browser = await startBrowserCommand(home, openBrowser);
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [PROGRAM, mcpUrl, ...options],
        env: {
          PATH: process.env["PATH"] ?? "",
          NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
          HOME: home,
          MCP_REMOTE_CONFIG_DIR: join(home, "config"),
          BROWSER: browser.command,
        },
        stderr: "pipe",
      });
      let messages = "";
      transport.stderr?.on("data", (chunk: Buffer) => {
        messages += chunk.toString("utf8");
      });
      const client = new Client({ name: "stdio-program", version: "1.0.0" });
      const close = async () => {
        await client.close();
        await browser.close();
      };
      try {
        await client.connect(transport, TIMEOUT);
        browser.rethrow();
      } catch (error) {
        await close();
        browser.rethrow();
        throw new Error(`mcp-remote did not connect:\n${messages}`, { cause: error });
      }
      return connection(client, close);
    },
    async keepTokens(tokens) {
      const file = await keptFile<object>(home, "_tokens.json");
      await file.replace({ ...file.content, ...tokens });
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}

function connection(client: Client, close: () => Promise<void>): McpConnection {
  return {
    protocolVersion: client.getNegotiatedProtocolVersion(),
    listTools: async () => (await client.listTools(undefined, TIMEOUT)).tools.map((tool) => tool.name),
    async callTool(name) {
      const { isError, structuredContent = {} } = await client.callTool({ name, arguments: {} }, TIMEOUT);
      return { isError: isError === true, structured: structuredContent as Record<string, unknown> };
    },
    close,
  };
}
