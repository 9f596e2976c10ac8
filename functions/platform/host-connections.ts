import { channel } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Names the invocation on the connection over which the Functions host streams a request to this process. */
export const INVOCATION_HEADER = "x-ms-invocation-id";

/** An invocation that has not begun by then never will. */
const LATEST_BEGIN_MILLISECONDS = 15_000;

interface Waiting {
  readonly connection: ServerResponse;
  readonly timer: NodeJS.Timeout;
}

/**
 * The connections whose invocations have not begun, by invocation ID. `@azure/functions` gives a handler no sign that
 * its caller has gone; Node tells of every request that its HTTP servers receive, the Functions host's among them.
 *
 * Where `@azure/functions` fails before the handler, as with header fields that are none, it never answers, and the host waits
 * for minutes. So a connection that is not taken is cut.
 */
const waiting = new Map<string, Waiting>();

channel("http.server.request.start").subscribe((message) => {
  const { request, response: connection } = message as { request: IncomingMessage; response: ServerResponse };
  const invocationId = request.headers[INVOCATION_HEADER];
  if (typeof invocationId !== "string") return;
  const timer = setTimeout(() => {
    waiting.delete(invocationId);
    connection.destroy();
  }, LATEST_BEGIN_MILLISECONDS);
  timer.unref();
  waiting.set(invocationId, { connection, timer });
});

/**
 * @param invocationId of an invocation that begins
 * @returns the connection that its request came over; undefined when it came over none, and the second time
 */
export function takeConnection(invocationId: string): ServerResponse | undefined {
  const taken = waiting.get(invocationId);
  waiting.delete(invocationId);
  clearTimeout(taken?.timer);
  return taken?.connection;
}
