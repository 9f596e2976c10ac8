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
 * The connections of invocations that have not ended, by invocation ID, be they closed by now. `@azure/functions` gives a handler no sign
 * that its caller has gone; Node tells of every request that its HTTP servers receive, the Functions host's among them.
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
});

/**
 * @param answer is given the ID of an invocation that does not begin although its request has come, as when the Functions host
 *   sends a request again whose connection broke
 */
export function whenNotBegun(answer: (invocationId: string) => void): void {
  answerLate = answer;
}

/** Says that an invocation begins, its request being there. */
export function beginOn(invocationId: string): void {
  clearTimeout(connections.get(invocationId)?.timer);
}

/** Says that an invocation has ended, and forgets its connection. */
export function endOn(invocationId: string): void {
  beginOn(invocationId);
  connections.delete(invocationId);
}

/** @returns the connection that an invocation's request came over, until the invocation has ended; undefined when it came over none */
export function connectionOf(invocationId: string): ServerResponse | undefined {
  return connections.get(invocationId)?.connection;
}

/** Calls back when a connection closes, or immediately when it has. */
export function whenClosed(connection: ServerResponse, then: () => void): void {
  if (connection.destroyed) then();
  else connection.once("close", then);
}
