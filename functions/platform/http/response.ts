import type { ServerResponse } from "node:http";
import type { Cookie, HttpResponseInit } from "@azure/functions";
import type { Call } from "../endpoint.ts";
import { describeError } from "../invocation-log.ts";
import { whenClosed } from "./host-connections.ts";
import { CORRELATION_HEADER } from "./request.ts";
import { parseSetCookie } from "./set-cookie.ts";

/** An endpoint's response as Azure Functions takes it. */
export function toResponseInit(
  response: Response,
  call: Call,
  connection: ServerResponse | undefined,
): HttpResponseInit {
  const headers = new Headers(response.headers);
  headers.set(CORRELATION_HEADER, call.correlationId);
  // Azure Functions keeps one header a name, and would send the last Set-Cookie alone. Cookies go by themselves.
  headers.delete("Set-Cookie");
  const cookies: Cookie[] = response.headers.getSetCookie().map(parseSetCookie);
  return {
    status: response.status,
    headers,
    cookies,
    ...(response.body ? { body: toConnection(response.body, call, connection) } : {}),
  };
}

/**
 * The response's body, read no faster than the connection takes it and cancelled when the connection closes.
 * `@azure/functions` does neither: it writes into a closed connection until the body ends, which an event stream never does.
 */
function toConnection(
  body: ReadableStream<Uint8Array>,
  call: Call,
  connection: ServerResponse | undefined,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => undefined);
  if (connection) whenClosed(connection, cancel);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (connection) await writable(connection);
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          call.log("error", "response_stream_failed", describeError(error));
          if (connection) breakOff(connection);
          controller.close();
        }
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}

/**
 * Ends an answer whose body cannot be had. A torn connection tells the caller that the body is incomplete; an end would not. Before
 * the answer has begun, the Functions host would take a torn connection for a reason to send the request again, so it becomes 500.
 */
function breakOff(connection: ServerResponse): void {
  if (connection.headersSent) {
    connection.destroy();
    return;
  }
  const others = connection.getHeaderNames().filter((name) => name !== CORRELATION_HEADER.toLowerCase());
  for (const name of others) connection.removeHeader(name);
  connection.statusCode = 500;
}

/** Resolves when the connection takes more bytes, or is closed. */
function writable(connection: ServerResponse): Promise<void> {
  if (!connection.writableNeedDrain || connection.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = () => {
      connection.off("drain", settle).off("close", settle);
      resolve();
    };
    connection.once("drain", settle).once("close", settle);
  });
}
