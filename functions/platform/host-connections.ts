import { channel } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Names the invocation on the connection over which the Functions host streams a request to this process. */
export const INVOCATION_HEADER = "x-ms-invocation-id";

/** An invocation that has not begun by then never will. */
const LATEST_BEGIN_MILLISECONDS = 15_000;

interface HostConnection {
  readonly connection: ServerResponse;
  /** Until the invocation begins. */
  readonly timer: NodeJS.Timeout;
}

/**
 * The connections of requests under way, by invocation ID. `@azure/functions` gives a handler no sign that its caller has gone; Node
 * tells of every request that its HTTP servers receive, the Functions host's among them.
 */
const connections = new Map<string, HostConnection>();
let answerLate: (invocationId: string) => void = () => undefined;

channel("http.server.request.start").subscribe((message) => {
  const { request, response: connection } = message as { request: IncomingMessage; response: ServerResponse };
  const invocationId = request.headers[INVOCATION_HEADER];
  if (typeof invocationId !== "string") return;
  const timer = setTimeout(() => answerLate(invocationId), LATEST_BEGIN_MILLISECONDS);
  timer.unref();
  connections.set(invocationId, { connection, timer });
  connection.once("close", () => {
    clearTimeout(timer);
    if (connections.get(invocationId)?.connection === connection) connections.delete(invocationId);
  });
});

/**
 * @param answer is given the ID of an invocation that does not begin although its request has come, as when the Functions host
 *   sends a request again whose connection broke
 */
export function whenNotBegun(answer: (invocationId: string) => void): void {
  answerLate = answer;
}

/** Says that an invocation begins. @returns as {@link connectionOf} */
export function beginOn(invocationId: string): ServerResponse | undefined {
  clearTimeout(connections.get(invocationId)?.timer);
  return connectionOf(invocationId);
}

/** @returns the connection that an invocation's request came over, while it is open; undefined when it came over none */
export function connectionOf(invocationId: string): ServerResponse | undefined {
  return connections.get(invocationId)?.connection;
}
