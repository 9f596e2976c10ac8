import { ErrorResponse } from "@azure/cosmos";
import { backoff } from "../resilience/attempts.ts";

const FIRST_PAUSE_MS = 20;

/** Answers after which Cosmos DB wants the same operation again, of which it did nothing. */
const THROTTLED = 429;
const RETRY_WITH = 449;

/** @returns the HTTP status of an answer; undefined when there was none */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ErrorResponse ? Number(error.code) : undefined;
}

/** @returns the seconds after which Cosmos DB wants to be asked again; undefined when it did not throttle */
export function throttledFor(error: unknown): number | undefined {
  if (!(error instanceof ErrorResponse) || statusOf(error) !== THROTTLED) return undefined;
  return Math.ceil((error.retryAfterInMs ?? 1000) / 1000);
}

/**
 * Throttled operations are tried again when Cosmos DB says, and those that met another write inside Cosmos DB shortly after; anything
 * else is over. Writes are never sent twice where the first may have been made.
 *
 * @returns milliseconds to wait before another attempt; undefined when there is none
 */
export function pauseAfter(error: unknown, tried: number): number | undefined {
  switch (statusOf(error)) {
    case THROTTLED:
      return (error as ErrorResponse).retryAfterInMs ?? backoff(FIRST_PAUSE_MS, tried);
    case RETRY_WITH:
      return backoff(FIRST_PAUSE_MS, tried);
    default:
      return undefined;
  }
}

/**
 * No answer, or one that Cosmos DB gives when it cannot serve anybody. Throttling is none: one partition, and so one person's
 * sessions, may be throttled while all others are served. A document that could not be written as JSON never went out.
 */
export function isOutage(error: unknown): boolean {
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
