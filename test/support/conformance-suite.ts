import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { PATIENCE_MS } from "./patience.ts";

const SUITE = resolve(
  import.meta.dirname,
  "../../node_modules/@modelcontextprotocol/conformance/dist/index.js",
);
/** As the suite names the folder of one scenario: its role, the scenario, and when it ran. */
const RESULT_FOLDER = /^(?:authorization-server|server)-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/;

/** One thing that the suite looked at, as it wrote it down. */
export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
}

/**
 * Runs `@modelcontextprotocol/conformance`. Its exit code says nothing here: it is 0 for what it skipped, and 1 for what
 * a server does not offer.
 *
 * @param onLine is given each line that it prints
 * @returns the checks that it wrote, by scenario
 * @throws Error with its complaints when it wrote none
 */
export async function runConformanceSuite(
  commandLine: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<ReadonlyMap<string, readonly Check[]>> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-conformance-"));
  try {
    const child = spawn(process.execPath, [SUITE, ...commandLine, "--output-dir", join(folder, "results")], {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
        HOME: folder,
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PATIENCE_MS,
    });
    createInterface(child.stdout).on("line", onLine);
    const [complaints] = await Promise.all([text(child.stderr), once(child, "close")]);
    const results = await readdir(join(folder, "results")).catch(() => []);
    if (results.length === 0) throw new Error(`the conformance suite wrote nothing:\n${complaints}`);
    return new Map(await Promise.all(results.map((result) => checksOf(join(folder, "results"), result))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checksOf(folder: string, result: string): Promise<[string, readonly Check[]]> {
  const scenario = RESULT_FOLDER.exec(result)?.[1];
  if (scenario === undefined) throw new Error(`the conformance suite wrote a folder "${result}"`);
  const written = await readFile(join(folder, result, "checks.json"), "utf8");
  return [scenario, JSON.parse(written) as Check[]];
}
