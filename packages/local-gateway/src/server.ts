import http from "node:http";
import type { GatewayDescription } from "./description.ts";
import { Url } from "./expressions/context/url.ts";
import { loadPolicies, maskingOf } from "./load.ts";
import type { LogLine, LogSink } from "./log.ts";
import { listenOnLoopback } from "./loopback.ts";
import { ValueCache } from "./pipeline/cache.ts";
import { HEAD_LIMIT } from "./pipeline/limits.ts";
import { type IdentityEndpoint, ManagedIdentity } from "./pipeline/managed-identity.ts";
import { OpenIdConfigurations } from "./pipeline/openid-configurations.ts";
import { RateCounters } from "./pipeline/rate-counters.ts";
import { makeRouter } from "./routing.ts";
import { type Gateway, serve } from "./serve.ts";

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
  const mask = maskingOf(options.description);
  const log = (level: LogLine["level"], fields: Readonly<Record<string, string | number | undefined>>) =>
    options.log({ component: "gateway", level, message: mask(JSON.stringify(fields)) });
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
