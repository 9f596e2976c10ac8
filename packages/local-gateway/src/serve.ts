import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { PolicyFailure } from "./errors.ts";
import { MessageBody } from "./expressions/context/body.ts";
import { HttpHeaders } from "./expressions/context/headers.ts";
import { HttpRequest, type HttpResponse } from "./expressions/context/messages.ts";
import { PolicyContext } from "./expressions/context/policy-context.ts";
import { Url } from "./expressions/context/url.ts";
import { Exchange } from "./pipeline/exchange.ts";
import { keepEndToEnd } from "./pipeline/http-client.ts";
import { QUERY_LIMIT, REQUEST_BODY_LIMIT } from "./pipeline/limits.ts";
import { answerPreflight, preflightMethod } from "./pipeline/preflight.ts";
import { errorResponse, runPipeline } from "./pipeline/run.ts";
import type { GatewayServices } from "./pipeline/services.ts";
import { writeResponse } from "./pipeline/write-response.ts";
import type { Route, Router } from "./routing.ts";

/** What serving a request needs. */
export interface Gateway {
  readonly router: Router;
  readonly origin: Url;
  /** Parsed `serviceUrl`s. */
  readonly backends: Map<string, Url>;
  /** Ends each request under way. */
  readonly running: Set<AbortController>;
  readonly services: GatewayServices;
}

/** Every request ends with it, also one that was answered: nothing of it goes on then. */
const GONE = new Error("the client has gone");

/** Serves one request, whatever happens, and writes its line to the log. */
export async function serve(
  gateway: Gateway,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const started = performance.now();
  const path = (incoming.url ?? "").split("?")[0] ?? "";
  const gone = new AbortController();
  gateway.running.add(gone);
  outgoing.once("close", () => gone.abort(GONE));
  try {
    const response = await respond(gateway, incoming, requestId, gone.signal);
    await writeResponse(response, outgoing, incoming.method === "HEAD");
  } catch (error) {
    if (!outgoing.headersSent && !gone.signal.aborted) {
      gateway.services.log("error", {
        event: "request_failed",
        problem: (error as Error).message,
        requestId,
      });
      const failure = errorResponse(new PolicyFailure("InternalError", "Internal server error"), requestId);
      await writeResponse(failure, outgoing, false).catch(() => outgoing.destroy());
    } else outgoing.destroy();
  } finally {
    // An answer may come before the whole body has; the rest is read and thrown away, for it is in the way of the next request.
    incoming.unpipe().resume();
    gateway.running.delete(gone);
    gateway.services.log("info", {
      event: "request",
      method: incoming.method,
      path,
      status: outgoing.headersSent ? outgoing.statusCode : 499,
      milliseconds: Math.round(performance.now() - started),
      requestId,
    });
  }
}

const NOT_FOUND = new PolicyFailure(
  "OperationNotFound",
  "Unable to match incoming request to an operation.",
  {
    statusCode: 404,
    publicMessage: "Resource not found",
    source: "configuration",
  },
);

const QUERY_TOO_LONG = new PolicyFailure("QueryTooLong", "The request's query is too long.", {
  statusCode: 404,
  publicMessage: "The query string is too long.",
  source: "configuration",
});

const TOO_LARGE = new PolicyFailure("RequestBodyTooLarge", "The request's body is too large.", {
  statusCode: 413,
  publicMessage: "The body is too large.",
});

async function respond(
  gateway: Gateway,
  incoming: IncomingMessage,
  requestId: string,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const headers = HttpHeaders.fromRaw(incoming.rawHeaders);
  const method = incoming.method ?? "GET";
  const target = incoming.url ?? "/";
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const queryString = mark === -1 ? "" : target.slice(mark);
  if (Buffer.byteLength(queryString) > QUERY_LIMIT + 1) return errorResponse(QUERY_TOO_LONG, requestId);
  if (!isOwnHost(headers.text("host"), gateway.origin)) return errorResponse(NOT_FOUND, requestId);

  const asked = preflightMethod(method, headers);
  const own = gateway.router.route(method, path);
  const route = own ?? (asked === undefined ? undefined : gateway.router.route(asked, path));
  if (!route) return errorResponse(NOT_FOUND, requestId);
  if (Number(headers.text("content-length") ?? 0) > REQUEST_BODY_LIMIT)
    return errorResponse(TOO_LARGE, requestId);

  const exchange = makeExchange(gateway, route, {
    method,
    path,
    queryString,
    headers,
    incoming,
    requestId,
    signal,
  });
  if (own || asked === undefined) return runPipeline(route.found.sections, exchange);
  return answerPreflight(route.found.sections, exchange, asked) ?? errorResponse(NOT_FOUND, requestId);
}

/** Azure routes by host name; here loopback names do as well. Others could be a page's attempt at DNS rebinding. */
function isOwnHost(host: string | undefined, origin: Url): boolean {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  return [origin.host, "localhost", "127.0.0.1", "[::1]"].includes(name);
}

interface Received {
  readonly method: string;
  readonly path: string;
  readonly queryString: string;
  readonly headers: HttpHeaders;
  readonly incoming: IncomingMessage;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

function makeExchange(gateway: Gateway, { found, parameters, path }: Route, received: Received): Exchange {
  const { api, operation } = found;
  const { headers, incoming, requestId } = received;
  const originalUrl = gateway.origin.with({ path: received.path, queryString: received.queryString });
  const hasBody = headers.has("transfer-encoding") || Number(headers.text("content-length") ?? 0) > 0;
  const backend = gateway.backends.get(api.serviceUrl) ?? Url.parse(api.serviceUrl);
  gateway.backends.set(api.serviceUrl, backend);
  const request = new HttpRequest({
    method: received.method,
    url: originalUrl,
    originalUrl,
    // What a client's `Connection` names are fields of its own (RFC 9110 §7.6.1), never those that policies will set.
    headers: keepEndToEnd(headers),
    ipAddress: (incoming.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    matchedParameters: parameters,
    body: hasBody ? new MessageBody(incoming, REQUEST_BODY_LIMIT) : null,
  });
  const context = new PolicyContext({
    request,
    requestId,
    api: { ...api, serviceUrl: backend },
    operation,
    trace: (message) => gateway.services.log("debug", { event: "trace", message, requestId }),
  });
  return new Exchange({
    context,
    services: gateway.services,
    signal: received.signal,
    backend,
    path,
    queryString: received.queryString,
  });
}
