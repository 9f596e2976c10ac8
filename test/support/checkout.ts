import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** What `npm start` needs of the repository. */
const PARTS = [
  "config",
  "functions",
  "infra",
  "policies",
  "twin",
  "gateway.config.ts",
  "package-lock.json",
  "package.json",
  "tsconfig.json",
  "twin",
];
/** Git-ignored. */
const IGNORED = new Set(["node_modules", "dist", ".twin"]);

/** A copy of the working tree in a folder of its own, with the same dependencies: whatever it writes is easily seen. */
export interface Checkout {
  readonly folder: string;
  /** Every file outside git-ignored folders. */
  files(): Promise<string[]>;
  remove(): Promise<void>;
}

export async function makeCheckout(): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), "checkout-"));
  for (const part of PARTS) await cp(join(REPOSITORY, part), join(folder, part), { recursive: true });
  await symlink(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
  return {
    folder,
    files: async () => {
      const found: string[] = [];
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (IGNORED.has(entry.name)) continue;
        found.push(entry.name);
        if (!entry.isDirectory()) continue;
        const below = await readdir(join(folder, entry.name), { recursive: true });
        found.push(...below.map((name) => join(entry.name, name)));
      }
      return found.sort();
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `npm start` under way, or over. */
export interface Start {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when the first component is ready. */
  readonly begun: Promise<void>;
  /** Resolves when it is ready. @throws Error with what it wrote when it ends before */
  ready(): Promise<void>;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Ctrl-C: the terminal sends the signal to every process. */
  interrupt(): void;
  /** Ends only the process that was started, as npm ends its shell. */
  terminate(): void;
  /** Ends it without ceremony. */
  kill(): void;
  /** Whether any process that it started still runs. */
  leavesProcesses(): boolean;
}

/**
 * Runs what `npm start` runs, in its own process group.
 *
 * @param checkout where
 * @param port `PORT`
 * @param shell the file of a shell that runs it, as npm does
 */
export function start(
  checkout: Checkout,
  port: number | string,
  args: readonly string[] = [],
  shell?: string,
): Start {
  const words = ["twin/start.ts", ...args];
  // The second command keeps the shell from becoming the first one.
  const inShell = ["-c", '"$0" "$@"; exit $?', process.execPath, ...words];
  const child = spawn(shell ?? process.execPath, shell ? inShell : words, {
    cwd: checkout.folder,
    env: {
      ...(shell && { npm_lifecycle_event: "start" }),
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      PORT: String(port),
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = new Promise<number | null>((settle) => child.once("close", (code) => settle(code)));
  return {
    stdout,
    stderr,
    ended,
    begun: new Promise((settle) => child.stdout.once("data", () => settle())),
    ready: async () => {
      const isReady = new Promise<boolean>((settle) => {
        const look = () => stdout().includes("Ctrl-C") && settle(true);
        child.stdout.on("data", look);
        look();
      });
      const wasReady = await Promise.race([isReady, ended.then(() => false)]);
      if (!wasReady) throw new Error(`it ended early:\n${stdout()}${stderr()}`);
    },
    interrupt: () => signalGroup(child, "SIGINT"),
    terminate: () => void child.kill("SIGTERM"),
    kill: () => signalGroup(child, "SIGKILL"),
    leavesProcesses: () => signalGroup(child, 0),
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  return () => text;
}

/** @returns whether there was a process to take the signal */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-(child.pid ?? 0), signal);
  } catch {
    return false;
  }
}
