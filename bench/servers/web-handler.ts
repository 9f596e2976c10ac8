import { createServer, type IncomingMessage, type Server } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

/** A plain HTTP server for what takes a web `Request` and gives a `Response`. */
export function webServer(origin: string, handle: (request: Request) => Promise<Response>): Server {
  return createServer(async (incoming, outgoing) => {
    try {
      const response = await handle(requestOf(origin, incoming));
      for (const [name, value] of response.headers)
        if (name !== "set-cookie") outgoing.setHeader(name, value);
      const cookies = response.headers.getSetCookie();
      if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
      outgoing.writeHead(response.status).end(Buffer.from(await response.arrayBuffer()));
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      outgoing.writeHead(500).end();
    }
  });
}

function requestOf(origin: string, incoming: IncomingMessage): Request {
  const headers = new Headers();
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
  }
  const { method = "GET" } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(`${origin}${incoming.url}`, {
    method,
    headers,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: "half" } : {}),
  });
}
