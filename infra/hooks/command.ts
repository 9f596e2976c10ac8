import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

/** Starts a program in this one's terminal; throws when it fails. */
export async function run(command: string, args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(command, args, { stdio: "inherit", shell: needsShell(command) }), "exit");
  if (code !== 0) throw new Error(`${command} ${args[0]} failed`);
}

/** @returns what a program wrote; throws when it fails or takes more than a minute */
export async function read(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, [...args], { timeout: 60_000 });
  return stdout;
}

/** npm is a script on Windows, which only a shell starts. Nothing but constants and URLs is passed to it. */
function needsShell(command: string): boolean {
  return command === "npm" && process.platform === "win32";
}
