import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../twin/free-port.ts";
import { type InspectorFiles, inspectorFiles } from "./mcp-inspector-files.ts";
import { PATIENCE_MS } from "./patience.ts";

const LAUNCHER = resolve(
  import.meta.dirname,
  "../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);
const READY = "MCP Inspector Web is up and running";

/** MCP Inspector's web page, served on the computer of somebody who never used it before. */
export interface InspectorPage extends InspectorFiles {
  /** With the token that the page wants. */
  readonly url: string;
  /** Ends its server and removes what it kept. */
  close(): Promise<void>;
}

/**
 * Serves the page with one MCP server in its list.
 *
 * @throws Error with what it wrote, when it does not start
 */
export async function startInspectorPage(mcpUrl: string): Promise<InspectorPage> {
  const home = await mkdtemp(join(tmpdir(), "mcp-inspector-page-"));
  const [port, sandboxPort] = await Promise.all([freePort(), freePort()]);
  const token = randomBytes(16).toString("hex");
  const child = spawn(process.execPath, [LAUNCHER, "--web", "--server-url", mcpUrl, "--transport", "http"], {
    cwd: home,
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      HOME: home,
      HOST: "127.0.0.1",
      CLIENT_PORT: String(port),
      MCP_SANDBOX_PORT: String(sandboxPort),
      MCP_INSPECTOR_API_TOKEN: token,
      MCP_AUTO_OPEN_ENABLED: "false",
      // Never the desktop's keyring.
      MCP_INSPECTOR_SECRET_STORE: "file",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const close = async () => {
    child.kill();
    await ended;
    await rm(home, { recursive: true, force: true });
  };
  let written = "";
  const ready = new Promise<true>((isReady) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        written += `${line}\n`;
        if (line.includes(READY)) isReady(true);
      });
    }
  });
  const late = AbortSignal.timeout(PATIENCE_MS);
  const tooLate = new Promise<false>((resolveLate) =>
    late.addEventListener("abort", () => resolveLate(false)),
  );
  if (await Promise.race([ready, ended.then(() => false), tooLate])) {
    return {
      url: `http://127.0.0.1:${port}/?MCP_INSPECTOR_API_TOKEN=${token}`,
      ...inspectorFiles(home),
      close,
    };
  }
  await close();
  throw new Error(`MCP Inspector's page did not start:\n${written}`);
}
