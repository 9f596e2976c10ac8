import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { HOP_BY_HOP } from "../hop-by-hop.ts";
import type { Instance } from "./instance.ts";
import type { Router } from "./routing.ts";
import { type Invocation, triggerMetadata } from "./rpc.ts";

/** Azure's front end ends a connection on which nothing has moved for this long. */
const IDLE_TIMEOUT_MS = 240_000;

export interface FrontEnd {
  readonly url: string;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/**
 * One address for all instances of an app: routes each request to a function and streams it, and its answer, to and
 * from the next living instance in turn.
 *
 * @param options.port 0 for any free one
 * @param options.nextInstance undefined when none is alive
 * @throws Error when the port is in use
 */
export async function startFrontEnd(options: {
  port: number;
  router: Router;
  nextInstance: () => Instance | undefined;
}): Promise<FrontEnd> {
  // An app's server ends a kept connection after five seconds. A request that was on its way there at that moment would fail.
  const agent = new Agent({ keepAlive: false });
  const server = createServer((incoming, outgoing) => {
    const { pathname, searchParams } = new URL(
      `http://host${incoming.url?.startsWith("/") ? incoming.url : "/"}`,
    );
    const match = options.router(incoming.method ?? "", pathname);
    if (!match) return end(outgoing, 404);
    const instance = options.nextInstance();
    if (!instance) return end(outgoing, 503);
    const metadata = triggerMetadata(incoming.rawHeaders, searchParams, match.parameters);
    forward(incoming, outgoing, instance, match.name, metadata, agent);
  });

  // Likewise for those who keep connections here.
  server.keepAliveTimeout = IDLE_TIMEOUT_MS;

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new Error(`port ${options.port} is in use`) : error);
    });
    server.listen(options.port, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

function end(outgoing: ServerResponse, status: number): void {
  outgoing.writeHead(status, { "content-length": 0 });
  outgoing.end();
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  instance: Instance,
  functionName: string,
  metadata: Invocation["triggerMetadata"],
  agent: Agent,
): void {
  const invocationId = crypto.randomUUID();
  const upstream = request({
    host: "127.0.0.1",
    port: instance.httpPort,
    method: incoming.method,
    path: incoming.url,
    headers: [...endToEnd(incoming.rawHeaders, STREAM_HEADERS), ...streamHeaders(incoming, invocationId)],
    agent,
    timeout: IDLE_TIMEOUT_MS,
  });

  const fail = (status: number) => {
    if (outgoing.headersSent) outgoing.destroy();
    else end(outgoing, status);
    upstream.destroy();
  };
  upstream.on("timeout", () => fail(504));
  upstream.on("error", () => {
    if (!outgoing.writableEnded) fail(503);
  });
  upstream.on("response", (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, endToEnd(answer.rawHeaders));
    // An error here is a caller or an instance that went away; both sides are closed by then.
    pipeline(answer, outgoing, () => undefined);
  });
  outgoing.on("close", () => {
    instance.completed(invocationId);
    if (!outgoing.writableFinished || !incoming.complete) upstream.destroy();
  });
  // An app may answer before it has read the whole request; the rest is then read and thrown away, for a caller that
  // is cut off while it sends might never see the answer.
  upstream.on("close", () => incoming.unpipe(upstream).resume());

  incoming.pipe(upstream);
  instance.invoke({ invocationId, functionName, triggerMetadata: metadata }, () =>
    fail(instance.alive ? 500 : 503),
  );
}

/**
 * Set by the host on the stream to the app, where they tell it the URL; the app reads a request's own elsewhere. The front end of App
 * Service adds the whole target twice, which takes room in the headers.
 */
const STREAM_HEADERS = new Set([
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-ms-invocation-id",
  "x-original-url",
  "x-waws-unencoded-url",
]);

function streamHeaders(incoming: IncomingMessage, invocationId: string): string[] {
  const framing = incoming.headers["transfer-encoding"] ? ["transfer-encoding", "chunked"] : [];
  return [
    ...framing,
    "x-forwarded-host",
    incoming.headers.host ?? "127.0.0.1",
    "x-forwarded-proto",
    "http",
    "x-ms-invocation-id",
    invocationId,
    "x-original-url",
    incoming.url ?? "/",
    "x-waws-unencoded-url",
    incoming.url ?? "/",
  ];
}

function endToEnd(rawHeaders: readonly string[], without: ReadonlySet<string> = new Set()): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !without.has(lower)) kept.push(name, rawHeaders[index + 1] ?? "");
  }
  return kept;
}
