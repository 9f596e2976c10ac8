import type { Log } from "./log.ts";

/** What every endpoint is given of the call besides the request itself. */
export interface Call {
  readonly log: Log;
  /** Names this request in every log line, from the gateway's `X-Correlation-Id` or made here. */
  readonly correlationId: string;
  /** The network that the gateway was called from, in CIDR notation, as far as it is known. */
  readonly network?: string | undefined;
}

/** An endpoint, free of Azure Functions: from a web `Request` to a `Response`. */
export type Endpoint = (request: Request, call: Call) => Promise<Response>;

/** Does something before or after an endpoint, or answers in its place. */
export type Wrapper = (endpoint: Endpoint) => Endpoint;

/** @returns an endpoint with wrappers around it, the outermost first */
export function wrapped(wrappers: readonly Wrapper[], endpoint: Endpoint): Endpoint {
  return wrappers.reduceRight((inner, wrap) => wrap(inner), endpoint);
}
