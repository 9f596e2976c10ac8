import { type Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { HOP_BY_HOP } from "./hop-by-hop.ts";
import type { Instance } from "./instance.ts";

/** Azure's front end ends a connection on which nothing has moved for this long. */
export const IDLE_TIMEOUT_MS = 240_000;

/** As `RetryProxyHandler` of the Functions host has them. */
const ATTEMPTS = 10;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;

/** A request on its way to an instance. */
export interface Forwarding {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** What was read of the request's body: all of it, where its length was stated. */
  readonly body: Buffer | undefined;
  readonly instance: Instance;
  readonly invocationId: string;
  readonly agent: Agent;
}

/**
 * Sends a request to the app over its HTTP stream, and the answer back. Whatever becomes of the invocation, the answer is
 * what comes over that stream. Where none comes, because the connection breaks, a request without a body is sent up to ten times,
 * always for the same invocation; then, or at once with a body, the caller gets 500, or 503 when the process is gone.
 *
 * @returns what ends the request because the process has ended
 */
export function forward(forwarding: Forwarding): { lost: () => void } {
  const { incoming, outgoing, instance } = forwarding;
  let pause: NodeJS.Timeout | undefined;
  let upstream = send(1);

  function send(attempt: number) {
    const sent = sendOnce(forwarding);
    let timedOut = false;
    sent.on("timeout", () => {
      timedOut = true;
      fail(504);
    });
    sent.on("error", () => {
      if (outgoing.writableEnded || outgoing.destroyed || timedOut) return;
      if (outgoing.headersSent || hasBody(forwarding) || attempt === ATTEMPTS || !instance.alive) {
        return fail(instance.alive ? 500 : 503);
      }
      const wait = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
      pause = setTimeout(() => {
        upstream = send(attempt + 1);
      }, wait);
    });
    sent.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, endToEnd(answer.rawHeaders));
      // An error here is a caller or an instance that went away; both sides are closed by then.
      pipeline(answer, outgoing, () => undefined);
    });
    return sent;
  }

  const fail = (status: number) => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(status, { "content-length": 0 }).end();
    upstream.destroy();
  };
  outgoing.on("close", () => {
    clearTimeout(pause);
    if (!outgoing.writableFinished || !incoming.complete) upstream.destroy();
  });
  return { lost: () => fail(503) };
}

function hasBody({ incoming, body }: Forwarding): boolean {
  return body !== undefined || incoming.headers["transfer-encoding"] !== undefined;
}

function sendOnce(forwarding: Forwarding) {
  const { incoming, instance, invocationId, body, agent } = forwarding;
  const sent = request({
    host: "127.0.0.1",
    port: instance.httpPort,
    method: incoming.method,
    path: incoming.url,
    headers: [...endToEnd(incoming.rawHeaders, STREAM_HEADERS), ...streamHeaders(incoming, invocationId)],
    agent,
    timeout: IDLE_TIMEOUT_MS,
  });
  if (body || !hasBody(forwarding)) {
    sent.end(body);
    return sent;
  }
  // An app may answer before it has read the whole request; the rest is then read and thrown away, for a caller that
  // is cut off while it sends might never see the answer.
  sent.on("close", () => incoming.unpipe(sent).resume());
  incoming.pipe(sent);
  return sent;
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
    ...urlFields(incoming.url ?? "/"),
  ];
}

/** What the front end of App Service adds, names and values in turn. */
export function urlFields(target: string): string[] {
  return ["x-original-url", target, "x-waws-unencoded-url", target];
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
