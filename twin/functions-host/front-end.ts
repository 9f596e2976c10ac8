import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { forward, IDLE_TIMEOUT_MS, urlFields } from "./forward.ts";
import type { Instance } from "./instance.ts";
import type { Router } from "./routing.ts";
import { triggerMetadata } from "./trigger-metadata.ts";

/** The Functions host is an ASP.NET server (Kestrel), with its own limits to a request's line and to its header fields together. */
const LINE_LIMIT_BYTES = 8 * 1024;
const FIELDS_LIMIT_BYTES = 32 * 1024;

export interface FrontEnd {
  readonly url: string;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

interface FrontEndOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly router: Router;
  /** undefined when none is alive. */
  readonly nextInstance: () => Instance | undefined;
}

/**
 * One address for all instances of an app: routes each request to a function and streams it, and its answer, to and
 * from the next living instance in turn.
 *
 * @throws Error when the port is in use
 */
export async function startFrontEnd(options: FrontEndOptions): Promise<FrontEnd> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ maxHeaderSize: 2 * FIELDS_LIMIT_BYTES }, (incoming, outgoing) => {
    // A caller that goes away while it sends its body gets no answer.
    serve(options, agent, incoming, outgoing).catch(() => outgoing.destroy());
  });

  // A caller that keeps its connection would fail with a request that is on its way when the connection is closed.
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

async function serve(
  { router, nextInstance }: FrontEndOptions,
  agent: Agent,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const tooLarge = excess(incoming);
  if (tooLarge) return end(outgoing, tooLarge);
  const { pathname, searchParams } = new URL(
    `http://host${incoming.url?.startsWith("/") ? incoming.url : "/"}`,
  );
  const match = router(incoming.method ?? "", pathname);
  if (!match) return end(outgoing, 404);
  const instance = nextInstance();
  if (!instance) return end(outgoing, 503);

  const body = await statedBody(incoming);
  const invocationId = crypto.randomUUID();
  const metadata = triggerMetadata({
    rawHeaders: incoming.rawHeaders,
    query: searchParams,
    parameters: match.parameters,
    body: body?.toString("utf8") ?? "",
  });
  const { lost } = forward({ incoming, outgoing, body, instance, invocationId, agent });
  outgoing.on("close", () => instance.completed(invocationId));
  instance.invoke({ invocationId, functionName: match.name, triggerMetadata: metadata }, lost);
}

/** @returns the status for a head that is larger than the host takes, with the fields in which App Service's front end repeats the URL */
function excess({ method = "", url = "", rawHeaders }: IncomingMessage): 414 | 431 | undefined {
  if (`${method} ${url} HTTP/1.1`.length > LINE_LIMIT_BYTES) return 414;
  const fields = [...rawHeaders, ...urlFields(url)];
  const bytes = fields.reduce((sum, text) => sum + text.length, fields.length);
  return bytes > FIELDS_LIMIT_BYTES ? 431 : undefined;
}

/** The host reads a body whose length is stated, whatever its type, before the function is invoked; others it streams. */
async function statedBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  if (!(Number(incoming.headers["content-length"]) > 0)) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function end(outgoing: ServerResponse, status: number): void {
  outgoing.writeHead(status, { "content-length": 0 }).end();
}
