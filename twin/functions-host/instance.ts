import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { LogLine } from "../component.ts";
import type { HttpFunction } from "./routing.ts";
import type { FromInstance, InstanceMemory, Invocation, ToInstance } from "./rpc.ts";

/** A small young generation keeps an instance's memory near what it holds, several being on a developer's machine. */
const NODE_FLAGS = [
  "--expose-gc",
  "--max-semi-space-size=4",
  // Counting objects, for the memory, is experimental.
  "--disable-warning=ExperimentalWarning",
];

const WORKER = join(import.meta.dirname, "worker.ts");
/** Where Node keeps what it has compiled: the second start of an app takes half as long. Git-ignored, as all of its folder. */
const COMPILE_CACHE =
  process.env["NODE_COMPILE_CACHE"] ??
  join(import.meta.dirname, "../../node_modules/.cache/node-compile-cache");
const START_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 10_000;
/** How much later than an app writes a line the host has it: mostly after the answer. */
const LOG_LAG_MS = 50;
/** How long an instance may take to end before it is killed. */
const STOP_TIMEOUT_MS = 3_000;

/** One instance of an app, in a process of its own. */
export interface Instance {
  readonly processId: number;
  /** Port of its HTTP stream on 127.0.0.1. */
  readonly httpPort: number;
  readonly functions: readonly HttpFunction[];
  readonly alive: boolean;
  /** Sends an invocation; `lost` is called when the process ends before it is completed. */
  invoke(invocation: Invocation, lost: () => void): void;
  /** Forgets an invocation, which has been answered. */
  completed(invocationId: string): void;
  /** Memory after a full garbage collection. */
  memory(): Promise<InstanceMemory>;
  /** CPU milliseconds of all its threads since it started. */
  cpu(): Promise<number>;
  /** Moves the process's clock forward. @param seconds on top of what it was moved before */
  advanceClock(seconds: number): Promise<void>;
  /** Resolves when the log has every line that the app has logged so far. */
  logWritten(): Promise<void>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** The process is there, and the app did not load: it threw, or what it registered cannot be served. */
export class AppNotLoaded extends Error {
  override name = "AppNotLoaded";
}

/**
 * @param options.folder of the app
 * @param options.settings the whole environment that the app sees
 * @param options.log takes what the app logs and prints, and the news of the process's end when no one asked for it
 * @throws AppNotLoaded with the app's own message; Error when the process ends or stays silent while it loads
 */
export async function startInstance(options: {
  folder: string;
  settings: Readonly<Record<string, string>>;
  log: (level: LogLine["level"], message: string) => void;
}): Promise<Instance> {
  const child = fork(WORKER, [options.folder], {
    cwd: options.folder,
    env: { ...options.settings, NODE_COMPILE_CACHE: COMPILE_CACHE },
    execArgv: NODE_FLAGS,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve()).once("error", () => resolve());
  });
  const { log, written, flush } = lagging(options.log);
  forwardLines(child.stdout, (line) => log("info", line));
  forwardLines(child.stderr, (line) => log("error", line));

  const invocations = new Map<string, () => void>();
  const questions = new Map<number, (answer: FromInstance) => void>();
  let stopping = false;
  let lastQuestion = 0;

  child.on("message", (message: FromInstance) => {
    if (message.type === "log") log(message.level, message.message);
    if ("id" in message) questions.get(message.id)?.(message);
  });

  const stop = async () => {
    stopping = true;
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(kill);
    flush();
  };

  let ready: Extract<FromInstance, { type: "ready" }>;
  try {
    ready = await readiness(child);
  } catch (error) {
    await stop();
    throw error;
  }

  child.on("exit", (code, signal) => {
    if (!stopping) log("error", `process ${child.pid} ended by itself (${signal ?? `exit code ${code}`})`);
    for (const lost of [...invocations.values()]) lost();
  });
  const send = (message: ToInstance) => child.send(message, () => undefined);
  /** Sends a message that has an answer of the same ID. */
  const ask = (message: (id: number) => ToInstance): Promise<FromInstance> => {
    lastQuestion += 1;
    const id = lastQuestion;
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => reject(new Error("the instance did not answer")), ANSWER_TIMEOUT_MS);
      questions.set(id, (answer) => {
        clearTimeout(timeout);
        questions.delete(id);
        resolve(answer);
      });
      send(message(id));
    });
  };

  return {
    processId: child.pid ?? 0,
    httpPort: ready.httpPort,
    functions: ready.functions,
    get alive() {
      return child.connected && child.exitCode === null && child.signalCode === null;
    },
    invoke(invocation, lost) {
      invocations.set(invocation.invocationId, lost);
      send({ type: "invocation", invocation });
    },
    completed(invocationId) {
      invocations.delete(invocationId);
    },
    async memory() {
      const answer = await ask((id) => ({ type: "memory", id }));
      if (answer.type !== "memory") throw new Error(`the instance answered ${answer.type}`);
      return answer.memory;
    },
    async cpu() {
      const answer = await ask((id) => ({ type: "cpu", id }));
      if (answer.type !== "cpu") throw new Error(`the instance answered ${answer.type}`);
      return answer.milliseconds;
    },
    async advanceClock(seconds) {
      await ask((id) => ({ type: "advance-clock", id, seconds }));
    },
    async logWritten() {
      if (child.connected) await ask((id) => ({ type: "log-written", id }));
      await written();
    },
    stop,
  };
}

function readiness(child: ChildProcess): Promise<Extract<FromInstance, { type: "ready" }>> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(
      () => settle(() => reject(new Error(`not loaded within ${START_TIMEOUT_MS / 1000} s`))),
      START_TIMEOUT_MS,
    );
    const settle = (outcome: () => void) => {
      clearTimeout(timeout);
      child.off("message", onMessage).off("exit", onExit).off("error", onError);
      outcome();
    };
    const onMessage = (message: FromInstance) => {
      if (message.type === "ready") settle(() => resolve(message));
      if (message.type === "failed") settle(() => reject(new AppNotLoaded(message.message)));
    };
    const onExit = (code: number | null, signal: string | null) =>
      settle(() => reject(new Error(`the process ended while loading (${signal ?? `exit code ${code}`})`)));
    const onError = (error: Error) => settle(() => reject(error));
    child.on("message", onMessage).on("exit", onExit).on("error", onError);
  });
}

type Write = (level: LogLine["level"], message: string) => void;

/**
 * Writes each line a while later, in their order. `written` resolves when those so far are, and `flush` writes at once what is
 * left.
 */
function lagging(write: Write): { log: Write; written: () => Promise<void>; flush: () => void } {
  const waiting = new Map<NodeJS.Timeout, () => void>();
  return {
    log(level, message) {
      const timer = setTimeout(() => {
        waiting.delete(timer);
        write(level, message);
      }, LOG_LAG_MS);
      waiting.set(timer, () => write(level, message));
    },
    // Timers of one length end in their order.
    written: () => new Promise((resolve) => setTimeout(resolve, LOG_LAG_MS)),
    flush() {
      for (const [timer, now] of waiting) {
        clearTimeout(timer);
        now();
      }
      waiting.clear();
    },
  };
}

function forwardLines(output: Readable | null, line: (text: string) => void): void {
  if (output) createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY }).on("line", line);
}
