import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A request, read to its end. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is passed on as it comes, and cancelled when the caller goes away. */
  readonly body: string | ReadableStream<Uint8Array>;
}

export interface LoopbackServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  stop(): Promise<void>;
}

const LARGEST_BODY = 64 * 1024;
const BODY_TIMEOUT_MS = 10_000;

/**
 * Serves plain HTTP on 127.0.0.1 and nowhere else.
 *
 * @param port 0 for a free one
 * @param answer gives each request its reply
 * @param failed is told when `answer` throws; the caller gets a bare 500
 * @throws Error saying so when the port is in use
 */
export async function serveLoopback(
  port: number,
  answer: (request: Received) => Promise<Reply>,
  failed: (error: unknown) => void,
): Promise<LoopbackServer> {
  const server = createServer({ requestTimeout: BODY_TIMEOUT_MS }, (request, response) => {
    respond(request, response, answer).catch((error: unknown) => {
      failed(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  // Azure keeps idle connections for minutes. Node would close one after five seconds, perhaps with a request on its way in it.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? new Error(`port ${port} is in use`, { cause: error }) : error),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: Received) => Promise<Reply>,
): Promise<void> {
  const body = await readBody(request);
  const url = URL.parse(request.url ?? "/", "http://127.0.0.1");
  if (body === undefined || !url) {
    response.writeHead(url ? 413 : 400, { connection: "close" }).end();
    return;
  }
  const reply = await answer({ method: request.method ?? "GET", url, headers: request.headers, body });
  response.writeHead(reply.status, reply.headers);
  if (typeof reply.body === "string") response.end(reply.body);
  else {
    response.flushHeaders();
    await pipeline(Readable.fromWeb(reply.body), response).catch(() => response.destroy());
  }
}

/** The body as text, or undefined when it is longer than {@link LARGEST_BODY} bytes. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A JSON answer that nobody keeps. */
export function json(status: number, body: unknown): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
    body: JSON.stringify(body),
  };
}
