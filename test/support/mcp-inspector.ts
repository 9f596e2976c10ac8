import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../../twin/free-port.ts";
import { startBrowserCommand } from "./browser-command.ts";
import { type FinishedProgram, finishedProgram } from "./finished-program.ts";
import { type InspectorFiles, inspectorFiles } from "./mcp-inspector-files.ts";
import type { OpenBrowser } from "./mcp-program.ts";

const LAUNCHER = resolve(
  import.meta.dirname,
  "../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);

/** MCP Inspector's command line on the computer of somebody who never used it before. */
export interface Inspector extends InspectorFiles {
  /**
   * Runs it once. What it keeps between runs, it keeps for the next.
   *
   * @param commandLine behind `mcp-inspector --cli`
   * @param openBrowser brings the URL that it opens to a person
   */
  run(commandLine: readonly string[], openBrowser: OpenBrowser): Promise<FinishedProgram>;
  /** Removes what it kept. */
  close(): Promise<void>;
}

/** Gives Inspector a home folder, and a browser that hands URLs to the test. */
export async function installInspector(): Promise<Inspector> {
  const home = await mkdtemp(join(tmpdir(), "mcp-inspector-"));
  return {
    async run(commandLine, openBrowser) {
      const browser = await startBrowserCommand(home, openBrowser);
      try {
        const run = await runInspector(home, browser.command, commandLine);
        browser.rethrow();
        return run;
      } finally {
        await browser.close();
      }
    },
    ...inspectorFiles(home),
    close: () => rm(home, { recursive: true, force: true }),
  };
}

async function runInspector(
  home: string,
  browser: string,
  commandLine: readonly string[],
): Promise<FinishedProgram> {
  return finishedProgram([LAUNCHER, "--cli", ...commandLine], {
    PATH: process.env["PATH"],
    NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
    HOME: home,
    BROWSER: browser,
    MCP_AUTO_OPEN_ENABLED: "true",
    // A port of its own: several may run at once. Not 0, which it would register as it stands.
    MCP_OAUTH_CALLBACK_URL: `http://127.0.0.1:${await freePort()}/oauth/callback`,
    // Never the desktop's keyring.
    MCP_INSPECTOR_SECRET_STORE: "file",
  });
}
