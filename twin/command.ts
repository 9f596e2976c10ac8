import { parseArgs } from "node:util";
import { loadGatewayConfig } from "../config/load.ts";
import type { Component, LogLine } from "./component.ts";
import { startTwin, type Twin } from "./twin.ts";
import { welcome } from "./welcome.ts";

const DEFAULT_PORT = 8080;

const USAGE = `Runs the whole gateway on this machine.

  npm start                           on http://localhost:${DEFAULT_PORT}
  PORT=9090 npm start                 on another port
  npm start -- --config my.config.ts  with another configuration
  npm start -- --verbose              every log line, not only warnings and errors
`;

/** How often the twin looks whether npm still runs. */
const LOOK_EVERY_MS = 500;

const write = (text: string) => process.stdout.write(`${text}\n`);

/** Runs until Ctrl-C. @returns the exit code */
async function main(): Promise<number> {
  const { config: file, verbose, help } = readArguments();
  if (help) {
    write(USAGE);
    return 0;
  }
  const began = performance.now();
  const stopping = whenAskedToStop();
  const starting = startTwin({
    config: await loadGatewayConfig(file),
    port: readPort(process.env["PORT"]),
    log: (line) => logToTerminal(line, verbose),
    onReady: (component) => write(readyLine(component, began)),
  });
  const twin = await starting.catch((error: unknown) => {
    // The signal went to all of us, and the bundler does not survive it.
    if (!stopping.asked) throw error;
  });
  if (!twin) return 0;
  if (!stopping.asked) write(welcome(twin));
  await stopping.signal;
  write("Stopping …");
  await stopOrGiveUp(twin);
  return 0;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      config: { type: "string", default: "gateway.config.ts" },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return values;
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === "") return DEFAULT_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`PORT: "${text}" is not a port`);
  return port;
}

function readyLine({ name, url }: Component, began: number): string {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  return `${name.padEnd(22)}${url.padEnd(28)}ready after ${seconds} s`;
}

function logToTerminal({ component, level, message }: LogLine, verbose: boolean): void {
  if (!verbose && level !== "warn" && level !== "error") return;
  process.stderr.write(`${level.padEnd(6)}${component.padEnd(22)}${message}\n`);
}

interface Stopping {
  /** Resolves at the first Ctrl-C or termination. */
  readonly signal: Promise<void>;
  asked: boolean;
}

/** From now on the process ends in its own time: what has started is stopped first, also when it is not all of it. */
function whenAskedToStop(): Stopping {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopping: Stopping = { signal: promise, asked: false };
  const ask = () => {
    stopping.asked = true;
    resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, ask);
  if (process.env["npm_lifecycle_event"] !== undefined) whenParentEnds(ask);
  return stopping;
}

/** When npm is terminated, its shell ends without passing the signal on. This process then gets another parent. */
function whenParentEnds(then: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** A second Ctrl-C does not wait for anybody; child processes end with their parent. */
async function stopOrGiveUp(twin: Twin): Promise<void> {
  process.once("SIGINT", () => process.exit(130));
  await twin.stop();
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
