import type { ServerResponse } from "node:http";
import type { HttpRequest, InvocationContext } from "@azure/functions";
import { INVOCATION_HEADER, whenClosed } from "./host-connections.ts";

/** Set by the Functions host, and by App Service before it, on the connection over which a request is streamed; not the caller's. */
const HEADERS_OF_THE_HOST = new Set([
  INVOCATION_HEADER,
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-original-url",
  "x-waws-unencoded-url",
]);

/** The request's header fields, as they came over the connection: the trigger metadata is no place for them (programming-model.ts). */
export function headersOf(request: HttpRequest, connection: ServerResponse | undefined): Headers {
  if (!connection) return new Headers(request.headers);
  const headers = new Headers();
  const { rawHeaders } = connection.req;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!HEADERS_OF_THE_HOST.has(name.toLowerCase())) headers.append(name, rawHeaders[index + 1] ?? "");
  }
  headers.set("Host", new URL(request.url).host);
  return headers;
}

/** The request as endpoints take it; its signal is aborted when the caller goes away. */
export function toRequest(
  request: HttpRequest,
  headers: Headers,
  connection: ServerResponse | undefined,
): Request {
  return new Request(request.url, {
    method: request.method,
    headers,
    body: request.body && connection ? fromConnection(request.body, connection) : request.body,
    duplex: "half",
    ...(connection ? { signal: closedSignal(connection) } : {}),
  });
}

/**
 * The request's body. What the endpoint leaves of it is read and thrown away after the answer: `@azure/functions` would
 * destroy it where it stands, and the next request that the Functions host sends over the connection would never be read.
 */
function fromConnection(
  body: ReadableStream<Uint8Array>,
  connection: ServerResponse,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      start() {
        connection.once("finish", () => void readToEnd(reader));
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The caller has gone, and the connection with it.
  }
}

function closedSignal(connection: ServerResponse): AbortSignal {
  const closed = new AbortController();
  whenClosed(connection, () => {
    if (!connection.writableFinished) closed.abort();
  });
  return closed.signal;
}

export const CORRELATION_HEADER = "X-Correlation-Id";
const CORRELATION_ID = /^[\w-]{8,64}$/;

export function correlationIdOf(headers: Headers, context: InvocationContext): string {
  const given = headers.get(CORRELATION_HEADER) ?? "";
  return CORRELATION_ID.test(given) ? given : context.invocationId || crypto.randomUUID();
}
