import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";

const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 200;
/** Programs complete a command while it is typed, and then take Enter for something else when it comes too soon. */
const BETWEEN_KEYS_MS = 1_000;

/** Stands before the process ID that the program will have. */
const PROCESS = "terminal-process=";
const KEYS = { down: "\u001b[B", enter: "\r" } as const;
export type Key = keyof typeof KEYS;

/** A program in a pseudo-terminal, and a person before it. */
export interface Terminal {
  /** All that the program wrote, without control sequences. */
  readonly text: string;
  /**
   * Waits until the program has written something since the last call.
   *
   * @throws Error with the last of what it wrote, when it ends or does not come
   */
  waitFor(what: RegExp): Promise<void>;
  /** Types text, and then Enter. */
  enter(text: string): Promise<void>;
  /** Presses keys, one after the other. */
  press(...keys: readonly Key[]): Promise<void>;
  /** Ends the program and waits for its end. */
  close(): Promise<void>;
  /** Waits for the program's own end. @returns its exit code */
  ended(): Promise<number>;
}

export interface TerminalOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a program in a pseudo-terminal, by util-linux's `script`. */
export function openTerminal({ command, args, folder, env }: TerminalOptions): Terminal {
  const line = ["exec", command, ...args].map(quoted).join(" ");
  const child = spawn("script", ["-qfec", `echo ${PROCESS}$$; stty cols 160 rows 50; ${line}`, "/dev/null"], {
    cwd: folder,
    env: { ...env, TERM: "xterm-256color" },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  let looked = 0;
  const take = (chunk: Buffer) => {
    text = stripVTControlCharacters(text + chunk.toString("utf8"));
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const exit = once(child, "close").then(([code]) => Number(code));

  const waitFor = async (what: RegExp) => {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = what.exec(text.slice(looked));
      if (found) {
        looked += found.index + found[0].length;
        return;
      }
      if (child.exitCode !== null || patience.aborted) {
        throw new Error(`${command} did not say ${what}:\n${text.slice(-3000)}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  };

  const type = async (typed: readonly string[]) => {
    for (const keys of typed) {
      await sleep(BETWEEN_KEYS_MS);
      child.stdin.write(keys);
    }
  };

  return {
    get text() {
      return text;
    },
    waitFor,
    enter: (typed) => type([typed, KEYS.enter]),
    press: (...keys) => type(keys.map((key) => KEYS[key])),
    async close() {
      // The program has a process group of its own, which outlives the terminal.
      const [, program] = new RegExp(`${PROCESS}(\\d+)`).exec(text) ?? [];
      for (const group of [Number(program), child.pid]) if (group && child.exitCode === null) endGroup(group);
      await exit;
    },
    ended: () => exit,
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function endGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
