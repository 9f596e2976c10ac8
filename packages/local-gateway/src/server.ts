import { randomUUID } from "node:crypto";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { GatewayDescription } from "./description.ts";
import { PolicyFailure } from "./errors.ts";
import { MessageBody, receivedWhole } from "./expressions/context/body.ts";
import { HttpHeaders } from "./expressions/context/headers.ts";
import { HttpRequest, type HttpResponse } from "./expressions/context/messages.ts";
import { PolicyContext } from "./expressions/context/policy-context.ts";
import { Url } from "./expressions/context/url.ts";
import { loadPolicies } from "./load.ts";
import type { LogLine, LogSink } from "./log.ts";
import { listenOnLoopback } from "./loopback.ts";
import { ValueCache } from "./pipeline/cache.ts";
import { Exchange } from "./pipeline/exchange.ts";
import { endToEnd } from "./pipeline/http-client.ts";
import { HEAD_LIMIT, QUERY_LIMIT, REQUEST_BODY_LIMIT } from "./pipeline/limits.ts";
import { type IdentityEndpoint, ManagedIdentity } from "./pipeline/managed-identity.ts";
import { OpenIdConfigurations } from "./pipeline/openid-configurations.ts";
import { answerPreflight, preflightMethod } from "./pipeline/preflight.ts";
import { RateCounters } from "./pipeline/rate-counters.ts";
import { errorResponse, runPipeline } from "./pipeline/run.ts";
import type { GatewayServices } from "./pipeline/services.ts";
import { makeRouter, type Route, type Router } from "./routing.ts";

/** What a gateway is started with. */
export interface GatewayOptions {
  /** Its APIs, operations, fragments and named values. */
  readonly description: GatewayDescription;
  /** The folder that the description's policy files are in. */
  readonly policiesFolder: string;
  /** On loopback; 0 takes any free port. */
  readonly port: number;
  /** Where `authentication-managed-identity` gets its tokens; without it, that policy fails. */
  readonly identity?: IdentityEndpoint;
  /** Takes every line that the gateway writes. */
  readonly log: LogSink;
}

/** A gateway that is running. */
export interface LocalGateway {
  /** The same for every gateway: what its log lines call their `component`. */
  readonly name: "gateway";
  /** `http://localhost:<port>`, without a slash at the end. */
  readonly url: `http://localhost:${number}`;
  /** The cache of `cache-lookup-value`, `cache-store-value` and `cache-remove-value`. */
  readonly cache: { clear(): void; readonly size: number };
  /**
   * Lets requests finish for half a second, then ends the rest.
   *
   * @returns when the port is free; the same promise each time
   */
  stop(): Promise<void>;
}

/** How long requests may go on once the gateway is told to stop, in milliseconds. */
const GRACE_MS = 500;

/**
 * Starts a gateway on loopback (127.0.0.1, and ::1 where there is IPv6).
 *
 * @throws PolicyError when a policy is wrong; Error naming the port when it is in use
 * @example
 * const gateway = await startGateway({ description, policiesFolder: "policies", port: 0, log: () => {} });
 * const response = await fetch(`${gateway.url}/orders`);
 * await gateway.stop();
 */
export async function startGateway(options: GatewayOptions): Promise<LocalGateway> {
  const policies = await loadPolicies(options.description, options.policiesFolder);
  const cache = new ValueCache();
  const log = (level: LogLine["level"], fields: Readonly<Record<string, string | number | undefined>>) =>
    options.log({ component: "gateway", level, message: JSON.stringify(fields) });
  const gateway: Gateway = {
    router: makeRouter(policies),
    origin: Url.parse(options.description.origin),
    backends: new Map(),
    running: new Set(),
    services: {
      cache,
      rates: new RateCounters(),
      identity: new ManagedIdentity(options.identity),
      openId: new OpenIdConfigurations(),
      concurrency: new Map(),
      log,
    },
  };
  const { port, servers } = await listenOnLoopback(options.port, () =>
    http.createServer(
      { maxHeaderSize: HEAD_LIMIT },
      (incoming, outgoing) => void serve(gateway, incoming, outgoing),
    ),
  );
  let stopped: Promise<void> | undefined;
  return {
    name: "gateway",
    url: `http://localhost:${port}`,
    cache,
    stop: () => {
      stopped ??= stop(servers, gateway.running);
      return stopped;
    },
  };
}

interface Gateway {
  readonly router: Router;
  readonly origin: Url;
  /** Parsed `serviceUrl`s. */
  readonly backends: Map<string, Url>;
  /** Ends each request under way. */
  readonly running: Set<AbortController>;
  readonly services: GatewayServices;
}

/** Lets requests finish for a moment, then ends the rest with their streams. */
async function stop(servers: readonly http.Server[], running: ReadonlySet<AbortController>): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const server of servers) server.closeIdleConnections();
  const timer = setTimeout(() => {
    for (const request of running) request.abort(new Error("the gateway stops"));
    for (const server of servers) server.closeAllConnections();
  }, GRACE_MS);
  await Promise.all(closed);
  clearTimeout(timer);
}

/** Every request ends with it, also one that was answered: nothing of it goes on then. */
const GONE = new Error("the client has gone");

/** Serves one request, whatever happens, and writes its line to the log. */
async function serve(gateway: Gateway, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  const started = performance.now();
  const path = (incoming.url ?? "").split("?")[0] ?? "";
  const gone = new AbortController();
  gateway.running.add(gone);
  outgoing.once("close", () => gone.abort(GONE));
  try {
    const response = await respond(gateway, incoming, requestId, gone.signal);
    await write(response, outgoing, incoming.method === "HEAD");
  } catch (error) {
    if (!outgoing.headersSent && !gone.signal.aborted) {
      gateway.services.log("error", {
        event: "request_failed",
        problem: (error as Error).message,
        requestId,
      });
      const failure = errorResponse(new PolicyFailure("InternalError", "Internal server error"), requestId);
      await write(failure, outgoing, false).catch(() => outgoing.destroy());
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
  return (
    (await answerPreflight(route.found.sections, exchange, asked)) ?? errorResponse(NOT_FOUND, requestId)
  );
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
    headers: endToEnd(headers),
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

/** Sends a response, chunk by chunk where its body is a stream. */
async function write(response: HttpResponse, outgoing: ServerResponse, isHead: boolean): Promise<void> {
  const headers = endToEnd(response.headers);
  const content = response.body.take();
  const hasNoBody = isHead || response.statusCode === 204 || response.statusCode === 304;
  if (content instanceof Uint8Array && !(isHead && headers.has("content-length"))) {
    headers.remove("content-length");
    if (response.statusCode !== 204 && response.statusCode !== 304)
      headers.set("Content-Length", [String(content.length)]);
  }
  const reason = response.statusReason.replace(/[^\t\x20-\x7e]/g, "");
  outgoing.writeHead(response.statusCode, reason, headers.lines().flat());
  if (hasNoBody || content instanceof Uint8Array) {
    if (!(content instanceof Uint8Array)) content.destroy();
    outgoing.end(hasNoBody ? undefined : content);
    return;
  }
  const whole = receivedWhole(content);
  if (whole) {
    outgoing.end(whole);
    return;
  }
  // Clients of event streams wait for the head alone; together with content it is one packet less.
  if (content.readableLength === 0) outgoing.flushHeaders();
  await pipeline(content, outgoing);
}
