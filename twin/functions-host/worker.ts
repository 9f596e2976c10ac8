/**
 * The process of one instance of an app: provides `@azure/functions-core`, loads the app as it ships, and runs the
 * invocations that the host sends. Started by instance.ts with the app's folder as its argument and the app's
 * settings as its environment.
 */
import { readFile } from "node:fs/promises";
import { Server as HttpServer, ServerResponse } from "node:http";
import Module from "node:module";
import { Server } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { queryObjects } from "node:v8";
import { advanceClock } from "../clock.ts";
import { FunctionsCore } from "./functions-core.ts";
import type { FromInstance, ToInstance } from "./rpc.ts";

// Meant for Node, which has read it by now; an app's environment is its settings.
delete process.env["NODE_COMPILE_CACHE"];

const folder = process.argv[2] ?? "";
const core = new FunctionsCore(folder, (level, message) => tell({ type: "log", level, message }));

function tell(message: FromInstance): void {
  if (process.connected) process.send?.(message);
}

/** The way of the Functions worker: the module is there for `require`, and nowhere on disk. */
function provideFunctionsCore(): void {
  const require = Module.prototype.require;
  Module.prototype.require = Object.assign(function (this: NodeJS.Module, id: string) {
    return id === "@azure/functions-core" ? core.module : require.call(this, id);
  }, require);
}

async function load(): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { main?: string };
  if (!manifest.main) throw new Error(`${join(folder, "package.json")}: has no "main"`);
  await import(pathToFileURL(join(folder, manifest.main)).href);
}

/**
 * `@azure/functions` opens its stream on every address of the machine; a developer's needs only its own. The stream's server would
 * also close a connection that was idle for five seconds, and with it a request that the host was just sending.
 */
async function onLoopback<T>(open: () => Promise<T>): Promise<T> {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, ...given: unknown[]) {
    if (this instanceof HttpServer) this.keepAliveTimeout = 0;
    const addressed = given.length > 0 && typeof given[0] !== "function";
    return Reflect.apply(listen, this, addressed ? given : [{ port: 0, host: "127.0.0.1" }, ...given]);
  };
  try {
    return await open();
  } finally {
    Server.prototype.listen = listen;
  }
}

function run(message: ToInstance): void {
  if (message.type === "log-written") {
    tell({ type: "log-written", id: message.id });
    return;
  }
  if (message.type === "memory") {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const requests = queryObjects(ServerResponse, { format: "count" });
    tell({ type: "memory", id: message.id, memory: { rss, heapUsed, requests } });
    return;
  }
  if (message.type === "cpu") {
    const { user, system } = process.cpuUsage();
    tell({ type: "cpu", id: message.id, milliseconds: (user + system) / 1000 });
    return;
  }
  if (message.type === "advance-clock") {
    advanceClock(message.seconds);
    tell({ type: "clock-advanced", id: message.id });
    return;
  }
  const { invocation } = message;
  core.invoke(invocation).catch((error: unknown) => {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    // Nothing more comes of it: the host goes on waiting for the answer on the HTTP stream.
    tell({ type: "log", level: "error", message: `function "${invocation.functionName}" failed: ${reason}` });
  });
}

// The host has gone, however it went.
process.on("disconnect", () => process.exit());
// Ctrl-C reaches every process of the terminal; the host then ends its instances in its own order.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => {
  core.terminate().then(
    () => process.exit(),
    () => process.exit(1),
  );
});

try {
  provideFunctionsCore();
  await load();
  const functions = core.httpFunctions();
  const httpPort = await onLoopback(() => core.start());
  process.on("message", run);
  tell({ type: "ready", httpPort, functions });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.send?.({ type: "failed", message } satisfies FromInstance, () => process.exit(1));
}
