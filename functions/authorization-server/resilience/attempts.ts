import { setTimeout as sleep } from "node:timers/promises";
import { timeLeft } from "../../platform/request-scope.ts";
import type { Circuit } from "./circuit.ts";

/** How one part behind us is asked. */
interface Asking {
  /** Every attempt goes through it. */
  readonly circuit: Circuit;
  readonly attempts: number;
  /** Milliseconds for all attempts and the pauses between them; less when the request has less left. */
  readonly total: number;
  /** Milliseconds for one attempt; all that is left, unless given. */
  readonly each?: number;
  /** Tells a failure to answer from an answer, be it a refusal. */
  isOutage(error: unknown): boolean;
  /** @returns milliseconds to wait before another attempt; undefined when that cannot help */
  pauseAfter(error: unknown, tried: number): number | undefined;
}

/**
 * Makes a call, again after a pause as long as that may help and time is left.
 *
 * @throws CircuitOpenError, or what the last attempt threw
 */
export async function attempt<R>(
  { circuit, attempts, total, each = total, isOutage, pauseAfter }: Asking,
  call: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const endsAt = performance.now() + timeLeft(total);
  for (let tried = 1; ; tried++) {
    const left = Math.max(1, Math.round(endsAt - performance.now()));
    try {
      return await withDeadline(Math.min(each, left), (signal) =>
        circuit.run(() => unlessAborted(signal, call(signal)), isOutage),
      );
    } catch (error) {
      const pause = pauseAfter(error, tried);
      if (tried === attempts || pause === undefined || performance.now() + pause >= endsAt) throw error;
      await sleep(pause);
    }
  }
}

/**
 * Makes a call whose signal aborts when its time is over, and stops the clock when the call ends. `AbortSignal.timeout` does not stop its
 * clock, and takes several times as long to make.
 */
async function withDeadline<R>(milliseconds: number, call: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  }, milliseconds);
  try {
    return await call(late.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns milliseconds, twice as many after each attempt, and never the same for two callers */
export function backoff(first: number, tried: number): number {
  return first * 2 ** (tried - 1) * (0.5 + Math.random());
}

/**
 * Ends the waiting, not only the request: a client library's own calls, such as its credential's, do not heed the signal.
 *
 * @throws the signal's reason when it comes first
 */
export async function unlessAborted<R>(signal: AbortSignal, result: Promise<R>): Promise<R> {
  const late = Promise.withResolvers<never>();
  const stop = () => late.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([result, late.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
