import type { Component, LogLine, LogSink } from "../component.ts";
import { type FrontEnd, startFrontEnd } from "./front-end.ts";
import { readHostJson } from "./host-json.ts";
import { AppNotLoaded, type Instance, startInstance } from "./instance.ts";
import { createRouter } from "./routing.ts";
import type { InstanceMemory } from "./rpc.ts";

/** A Functions app under way, scaled out to one or more instances behind one address. */
export interface FunctionsApp extends Component {
  /** Of each instance, after a full garbage collection. */
  memory(): Promise<InstanceMemory[]>;
  /** CPU milliseconds of each instance's process since it started. */
  cpu(): Promise<number[]>;
  /** Resolves when the log has every line that the instances have logged so far; they come after the answers. */
  logWritten(): Promise<void>;
  /** What the app said when it did not load; every request is then answered 404. */
  readonly loadFailure: string | undefined;
  readonly processIds: readonly number[];
  /** Moves the clock of each instance forward. @param seconds on top of what it was moved before */
  advanceClock(seconds: number): Promise<void>;
}

export interface FunctionsAppOptions {
  /** Names the app in log lines and messages. */
  readonly name: string;
  /** The folder as it is deployed: package.json, host.json and the bundle. */
  readonly folder: string;
  /** App settings: the environment of its processes, and all of it. */
  readonly settings: Readonly<Record<string, string>>;
  /** 1 unless given. */
  readonly instances?: number;
  readonly log: LogSink;
  /** Any free one unless given. */
  readonly port?: number;
}

/**
 * Runs a Functions app as Azure does: the bundle as it ships, each instance in a process of its own, streaming both
 * ways. Requests go to the living instances in turn; when none is left the answer is 503. An app that does not load has no
 * functions: the start succeeds, the log says why, and every request is answered 404.
 *
 * @throws Error naming the app, when its folder is not complete, a route cannot be served, or the port is in use
 */
export async function startFunctionsApp(options: FunctionsAppOptions): Promise<FunctionsApp> {
  const count = options.instances ?? 1;
  const instances: Instance[] = [];
  let loadFailure: string | undefined;
  let frontEnd: FrontEnd;
  try {
    const { routePrefix } = await readHostJson(options.folder);
    const starts = await Promise.allSettled(
      Array.from({ length: count }, (_, index) =>
        startInstance({
          folder: options.folder,
          settings: options.settings,
          log: instanceLog(options, count > 1 ? `${options.name}/${index + 1}` : options.name),
        }),
      ),
    );
    instances.push(...starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : [])));
    for (const start of starts) {
      if (start.status === "fulfilled") continue;
      if (!(start.reason instanceof AppNotLoaded)) throw start.reason;
      loadFailure = start.reason.message;
      options.log({
        component: options.name,
        level: "error",
        message: `the app did not load: ${loadFailure}`,
      });
    }

    const functions = loadFailure === undefined ? (instances[0]?.functions ?? []) : [];
    frontEnd = await startFrontEnd({
      port: options.port ?? 0,
      router: createRouter(functions, routePrefix),
      nextInstance: inTurn(instances),
    });
  } catch (cause) {
    await Promise.all(instances.map((instance) => instance.stop()));
    throw new Error(`${options.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }

  return {
    name: options.name,
    url: frontEnd.url,
    loadFailure,
    processIds: instances.map((instance) => instance.processId),
    memory: () => Promise.all(instances.map((instance) => instance.memory())),
    cpu: () => Promise.all(instances.map((instance) => instance.cpu())),
    async advanceClock(seconds) {
      await Promise.all(instances.map((instance) => instance.advanceClock(seconds)));
    },
    logWritten: async () => void (await Promise.all(instances.map((instance) => instance.logWritten()))),
    async stop() {
      await frontEnd.close();
      await Promise.all(instances.map((instance) => instance.stop()));
    },
  };
}

function instanceLog({ log }: FunctionsAppOptions, component: string) {
  return (level: LogLine["level"], message: string) => log({ component, level, message });
}

function inTurn(instances: readonly Instance[]): () => Instance | undefined {
  let turn = 0;
  return () => {
    for (const _ of instances) {
      const instance = instances[turn % instances.length];
      turn += 1;
      if (instance?.alive) return instance;
    }
    return undefined;
  };
}
