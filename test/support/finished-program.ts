import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { PATIENCE_MS } from "./patience.ts";

/** How one run of a program ended. */
export interface FinishedProgram {
  /** null when the program was ended after {@link PATIENCE_MS}. */
  readonly exitCode: number | null;
  readonly output: string;
  /** What the program tells the person who runs it. */
  readonly messages: string;
}

/**
 * Runs a Node program to its end.
 *
 * @param args of `node`: its options, the program's file, and the program's own arguments
 * @param env the program's whole environment
 */
export async function finishedProgram(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<FinishedProgram> {
  const child = spawn(process.execPath, args, {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE_MS,
  });
  const [output, messages] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode: child.exitCode, output, messages };
}
