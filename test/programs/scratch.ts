import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { startBrowserCommand } from "../support/browser-command.ts";
import type { OpenBrowser } from "../support/mcp-program.ts";
import type { Program, Surroundings } from "./program.ts";
import { openTerminal } from "./terminal.ts";

const INSTALL_TIMEOUT_MS = 900_000;
const RUN_TIMEOUT_MS = 120_000;
/** Programs start a browser by one of these, whatever BROWSER says. */
const BROWSER_COMMANDS = ["xdg-open", "open", "sensible-browser"];

/** Where the programs are installed. */
export interface Installation {
  /** Folder of the commands. */
  readonly commands: string;
  version(program: Program): Promise<string>;
}

/**
 * Installs the newest version of each program into a folder, with npm.
 *
 * @param folder is made where it does not exist; what is there already stays
 */
export async function install(folder: string, programs: readonly Program[]): Promise<Installation> {
  await mkdir(folder, { recursive: true });
  const names = programs.map((program) => `${program.package}@latest`);
  await promisify(execFile)("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", ...names], {
    timeout: INSTALL_TIMEOUT_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  const modules = join(folder, "node_modules");
  return {
    commands: join(modules, ".bin"),
    async version(program) {
      const manifest = await readFile(join(modules, program.package, "package.json"), "utf8");
      return (JSON.parse(manifest) as { version: string }).version;
    },
  };
}

/** A computer on which a program has never run. */
export interface Computer extends Omit<Surroundings, "connected" | "modelAnswered"> {
  /** Throws what went wrong while the person was at the browser. */
  rethrow(): void;
  /** Removes the home folder. */
  close(): Promise<void>;
}

/** Gives a program a home folder with its configuration, and a browser that hands URLs to the caller. */
export async function prepareComputer(
  program: Program,
  { commands }: Installation,
  { mcpUrl, modelUrl }: Pick<Surroundings, "mcpUrl" | "modelUrl">,
  openBrowser: OpenBrowser,
): Promise<Computer> {
  const home = await mkdtemp(join(tmpdir(), "program-"));
  const browser = await startBrowserCommand(home, openBrowser);
  const bin = join(home, "bin");
  await mkdir(bin);
  for (const name of BROWSER_COMMANDS) await symlink(browser.command, join(bin, name));
  for (const [path, content] of Object.entries(program.files({ mcpUrl, modelUrl }))) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content);
  }
  const env = {
    PATH: [bin, commands, process.env["PATH"]].join(":"),
    HOME: home,
    BROWSER: browser.command,
    LANG: "C.UTF-8",
    DISPLAY: ":0",
    ...program.environment({ modelUrl }),
  };
  return {
    home,
    mcpUrl,
    modelUrl,
    run: (command, ...args) => runToEnd(join(commands, command), args, home, env),
    terminal: (command, ...args) =>
      openTerminal({ command: join(commands, command), args, folder: home, env }),
    rethrow: () => browser.rethrow(),
    async close() {
      await browser.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** @returns all that it wrote, whatever it ended with: what came of it is seen at the gateway */
async function runToEnd(
  command: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const running = promisify(execFile)(command, args, {
    cwd: folder,
    env,
    timeout: RUN_TIMEOUT_MS,
    killSignal: "SIGKILL",
    maxBuffer: 16 * 1024 * 1024,
  });
  running.child.stdin?.end();
  const { stdout, stderr } = await running.catch((error: { stdout: string; stderr: string }) => error);
  return `${stdout}${stderr}`;
}
