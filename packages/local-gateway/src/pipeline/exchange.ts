import type { HttpResponse } from "../expressions/context/messages.ts";
import type { PolicyContext } from "../expressions/context/policy-context.ts";
import type { Url } from "../expressions/context/url.ts";
import { BUFFERED_BODY_LIMIT } from "./limits.ts";
import type { GatewayServices } from "./services.ts";

/** How a policy ended: whether the pipeline goes on. */
export type Outcome = "next" | "stop";

/** A policy that says nothing lets the pipeline go on. */
export type Ending = Outcome | undefined;

/** One request on its way through the policies. */
export class Exchange {
  readonly context: PolicyContext;
  readonly services: GatewayServices;
  /** Aborted when the client goes away or the gateway stops. */
  readonly signal: AbortSignal;
  /** Last touches to the response, whoever made it: CORS and rate limit headers. */
  readonly onResponse: ((response: HttpResponse) => void | Promise<void>)[] = [];
  #backend: Url;
  #path: string;
  #queryString: string;

  constructor(parts: {
    readonly context: PolicyContext;
    readonly services: GatewayServices;
    readonly signal: AbortSignal;
    /** Base URL of the API's backend. */
    readonly backend: Url;
    /** The request's path below the API's. */
    readonly path: string;
    readonly queryString: string;
  }) {
    this.context = parts.context;
    this.services = parts.services;
    this.signal = parts.signal;
    this.#backend = parts.backend;
    this.#path = parts.path;
    this.#queryString = parts.queryString;
    this.#aim();
  }

  /** Reads both messages' bodies into memory, for expressions that look at them. */
  async bufferBodies(): Promise<void> {
    await this.context.request.body?.buffer(BUFFERED_BODY_LIMIT);
    await this.context.response?.body.buffer(BUFFERED_BODY_LIMIT);
  }

  get queryString(): string {
    return this.#queryString;
  }

  /** Sends the request to another base URL. */
  setBackend(base: Url): void {
    this.#backend = base;
    this.#aim();
  }

  /** Replaces the path below the backend's base URL, and the query. */
  setTarget(path: string, queryString: string): void {
    this.#path = path;
    this.#queryString = queryString;
    this.#aim();
  }

  setQueryString(queryString: string): void {
    this.setTarget(this.#path, queryString);
  }

  #aim(): void {
    const base = this.#backend.path.replace(/\/+$/, "");
    const path = this.#path === "" || this.#path.startsWith("/") ? this.#path : `/${this.#path}`;
    this.context.request.url = this.#backend.with({
      path: `${base}${path}` || "/",
      queryString: this.#queryString,
    });
  }
}
