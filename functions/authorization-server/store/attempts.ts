import { setTimeout as sleep } from "node:timers/promises";
import { ErrorResponse } from "@azure/cosmos";
import { timeLeft } from "../../platform/request-scope.ts";
import type { Circuit } from "../resilience/circuit.ts";

const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 20;

/** Answers after which Cosmos DB wants the same operation again, of which it did nothing. */
const THROTTLED = 429;
const RETRY_WITH = 449;

/**
 * Does one operation of the store. What was throttled is tried again when Cosmos DB says, and what met another write inside
 * Cosmos DB shortly after; anything else is over. Writes are never sent twice where the first may have been made.
 *
 * @param milliseconds for all attempts and the pauses between them; less when the request has less left
 * @throws CircuitOpenError, or what the last attempt threw
 */
export async function attempts<R>(
  circuit: Circuit,
  milliseconds: number,
  operation: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const limit = timeLeft(milliseconds);
  const endsAt = performance.now() + limit;
  const signal = AbortSignal.timeout(limit);
  for (let tried = 1; ; tried++) {
    try {
      return await circuit.run(() => unlessAborted(signal, operation), isOutage);
    } catch (error) {
      const pause = pauseAfter(error, tried);
      if (pause === undefined || tried === ATTEMPTS || performance.now() + pause >= endsAt) throw error;
      await sleep(pause);
    }
  }
}

/** What the library asks for by itself, such as the account's regions, heeds no signal; hence the race. */
async function unlessAborted<R>(
  signal: AbortSignal,
  operation: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  signal.throwIfAborted();
  const late = Promise.withResolvers<never>();
  const stop = () => late.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([operation(signal), late.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** @returns the HTTP status of an answer; undefined when there was none */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ErrorResponse ? Number(error.code) : undefined;
}

/** @returns the seconds after which Cosmos DB wants to be asked again; undefined when it did not throttle */
export function throttledFor(error: unknown): number | undefined {
  if (!(error instanceof ErrorResponse) || statusOf(error) !== THROTTLED) return undefined;
  return Math.ceil((error.retryAfterInMs ?? 1000) / 1000);
}

/** @returns milliseconds to wait before another attempt; undefined when there is none */
function pauseAfter(error: unknown, tried: number): number | undefined {
  const backoff = FIRST_PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random());
  switch (statusOf(error)) {
    case THROTTLED:
      return (error as ErrorResponse).retryAfterInMs ?? backoff;
    case RETRY_WITH:
      return backoff;
    default:
      return undefined;
  }
}

/**
 * No answer, or one that Cosmos DB gives when it cannot serve anybody. Throttling is none: one partition, and so one person's
 * sessions, may be throttled while all others are served. A document that could not be written as JSON never went out.
 */
function isOutage(error: unknown): boolean {
  if (error instanceof RangeError) return false;
  const status = statusOf(error);
  return status === undefined || status === 408 || status === 410 || status >= 500;
}

const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

/** @returns whether a write that failed so was certainly not made; Cosmos DB says 503 of what it did not do */
export function wasNotMade(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status === 503 || (status < 500 && status !== 408 && status !== 410);
  return NEVER_CONNECTED.has(String((error as { readonly code?: unknown } | null)?.code));
}
