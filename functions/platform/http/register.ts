import type { ServerResponse } from "node:http";
import {
  app,
  type Cookie,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from "@azure/functions";
import { CALLER_ADDRESS_HEADER, networkOf } from "../caller-network.ts";
import type { Call, Endpoint } from "../endpoint.ts";
import { describeError, invocationLog } from "../invocation-log.ts";
import { takeWhatTheHostTakes } from "./header-limit.ts";
import { connectionOf, INVOCATION_HEADER } from "./host-connections.ts";
import { guardInvocations } from "./programming-model.ts";
import { parseSetCookie } from "./set-cookie.ts";

const CORRELATION_HEADER = "X-Correlation-Id";
const CORRELATION_ID = /^[\w-]{8,64}$/;

/** Set by the Functions host, and by App Service before it, on the connection over which a request is streamed; not the caller's. */
const HEADERS_OF_THE_HOST = new Set([
  INVOCATION_HEADER,
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-original-url",
  "x-waws-unencoded-url",
]);

/** Switches HTTP streaming on for the whole app; before the first {@link httpFunction}. */
export function enableHttpStreams(): void {
  takeWhatTheHostTakes();
  app.setup({ enableHttpStream: true });
}

/**
 * Registers an endpoint as an HTTP-triggered function of this app, open to everyone: endpoints check their callers.
 * Bodies stream both ways. A caller that goes away aborts the request's signal and cancels the response's body.
 *
 * The call's correlation ID is the request's `X-Correlation-Id` where that is 8 to 64 of A-Z, a-z, 0-9, _ and -,
 * otherwise the invocation's ID; every response carries it. An endpoint that throws answers 500 `server_error`.
 *
 * @param name of the function, as it stands in Azure
 * @param options.route ASP.NET route template without a leading slash, below host.json's `routePrefix`
 */
export function httpFunction(
  name: string,
  options: { methods: HttpMethod[]; route: string; endpoint: Endpoint },
): void {
  app.http(name, {
    authLevel: "anonymous",
    methods: options.methods,
    route: options.route,
    handler: (request, context) => answer(name, options.endpoint, request, context),
  });
  guardInvocations();
}

async function answer(
  name: string,
  endpoint: Endpoint,
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const started = performance.now();
  const connection = connectionOf(context.invocationId);
  const headers = headersOf(request, connection);
  const correlationId = correlationIdOf(headers, context);
  const invocation = invocationLog(context, correlationId);
  const network = networkOf(headers.get(CALLER_ADDRESS_HEADER));
  const call: Call = { log: invocation.log, correlationId, network };

  const response = await respond(endpoint, toRequest(request, headers, connection), call);
  call.log("info", "request", {
    function: name,
    method: request.method,
    status: response.status,
    milliseconds: Math.round(performance.now() - started),
  });
  invocation.ended();
  return toResponseInit(response, call, connection);
}

async function respond(endpoint: Endpoint, request: Request, call: Call): Promise<Response> {
  try {
    return await endpoint(request, call);
  } catch (error) {
    call.log("error", "unexpected_error", describeError(error));
    return Response.json(
      { error: "server_error" },
      { status: 500, headers: { "Cache-Control": "no-store" } },
    );
  }
}

function correlationIdOf(headers: Headers, context: InvocationContext): string {
  const given = headers.get(CORRELATION_HEADER) ?? "";
  return CORRELATION_ID.test(given) ? given : context.invocationId || crypto.randomUUID();
}

/** The request's header fields, as they came over the connection: the trigger metadata is no place for them (programming-model.ts). */
function headersOf(request: HttpRequest, connection: ServerResponse | undefined): Headers {
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

function toRequest(request: HttpRequest, headers: Headers, connection: ServerResponse | undefined): Request {
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

function toResponseInit(
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

function closedSignal(connection: ServerResponse): AbortSignal {
  const closed = new AbortController();
  whenClosed(connection, () => {
    if (!connection.writableFinished) closed.abort();
  });
  return closed.signal;
}

function whenClosed(connection: ServerResponse, then: () => void): void {
  if (connection.destroyed) then();
  else connection.once("close", then);
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
