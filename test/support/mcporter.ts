import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startBrowserCommand } from "./browser-command.ts";
import { type FinishedProgram, finishedProgram } from "./finished-program.ts";
import type { OpenBrowser } from "./mcp-program.ts";

const PROGRAM = resolve(import.meta.dirname, "../../node_modules/mcporter/dist/cli.js");
const CLOCK = resolve(import.meta.dirname, "clock-ahead.ts");

/** mcporter on the computer of somebody who never used it before, configured with one server, `graph`. */
export interface Mcporter {
  /**
   * Runs mcporter once. What mcporter keeps between runs, it keeps for the next.
   *
   * @param commandLine behind `mcporter`
   * @param openBrowser brings the URL that mcporter opens to a person
   * @param clockAhead seconds by which mcporter's time is ahead of the machine's; 0 unless given
   */
  run(
    commandLine: readonly string[],
    openBrowser: OpenBrowser,
    clockAhead?: number,
  ): Promise<FinishedProgram>;
  /** Removes what mcporter kept. */
  close(): Promise<void>;
}

/**
 * Gives mcporter a home folder with a configuration, and a browser that hands URLs to the test.
 *
 * @param settings further ones of the server
 */
export async function installMcporter(mcpUrl: string, settings: object = {}): Promise<Mcporter> {
  const home = await mkdtemp(join(tmpdir(), "mcporter-"));
  const config = join(home, "mcporter.json");
  const bin = join(home, "bin");
  await mkdir(bin);
  await writeFile(
    config,
    JSON.stringify({ mcpServers: { graph: { url: mcpUrl, auth: "oauth", ...settings } } }),
  );
  return {
    async run(commandLine, openBrowser, clockAhead = 0) {
      const browser = await startBrowserCommand(home, openBrowser);
      // mcporter starts a browser by the platform's command, whatever BROWSER says.
      for (const name of ["xdg-open", "open"]) {
        await rm(join(bin, name), { force: true });
        await symlink(browser.command, join(bin, name));
      }
      try {
        const run = await finishedProgram(["--import", CLOCK, PROGRAM, "--config", config, ...commandLine], {
          PATH: `${bin}:${process.env["PATH"]}`,
          NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
          CLOCK_AHEAD_SECONDS: String(clockAhead),
          HOME: home,
        });
        browser.rethrow();
        return run;
      } finally {
        await browser.close();
      }
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}
