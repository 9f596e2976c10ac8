import { AsyncLocalStorage } from "node:async_hooks";
import type { Wrapper } from "./endpoint.ts";
import type { Log } from "./log.ts";

/**
 * How long one request may wait for others (the store, Key Vault, Entra), all calls and retries together, in milliseconds.
 * The gateway's policies wait longer than this, so that a caller gets our answer and not the gateway's.
 */
export const REQUEST_MILLISECONDS = 15_000;

/** What a call gets that begins later, so that a write whose answer was lost can still be looked for. */
const LAST_CALL_MILLISECONDS = 1_000;

interface RequestScope {
  readonly log: Log;
  readonly network: string | undefined;
  /** Of performance.now(). */
  readonly endsAt: number;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/**
 * Has an endpoint's calls to others end in time, whatever answers late, its log written by {@link logInRequest}, and its caller known
 * to {@link callerNetwork}.
 */
export const inTime: Wrapper = (endpoint) => (request, call) => {
  const { log, network } = call;
  const endsAt = performance.now() + REQUEST_MILLISECONDS;
  return scopes.run({ log, network, endsAt }, () => endpoint(request, call));
};

/**
 * @param longest what a call may take by itself, in milliseconds
 * @returns what it may take in this request, in milliseconds
 */
export function timeLeft(longest: number): number {
  const scope = scopes.getStore();
  if (!scope) return longest;
  const left = Math.max(LAST_CALL_MILLISECONDS, Math.ceil(scope.endsAt - performance.now()));
  return Math.min(longest, left);
}

/**
 * Runs what many requests share with the time of a whole request. Otherwise a client that sends its body slowly could start it
 * with little time left, and its failure would be everybody's.
 */
export function withTimeOfItsOwn<R>(work: () => R): R {
  const scope = scopes.getStore();
  return scope ? scopes.run({ ...scope, endsAt: performance.now() + REQUEST_MILLISECONDS }, work) : work();
}

/** Writes into the log of the request under way, for what serves every request and is given the log of none. */
export const logInRequest: Log = (level, event, fields) => scopes.getStore()?.log(level, event, fields);

/** @returns the network that the request under way came from, in CIDR notation, as far as it is known */
export function callerNetwork(): string | undefined {
  return scopes.getStore()?.network;
}
