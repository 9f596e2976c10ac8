import type { Log } from "../../platform/log.ts";
import { timeLeft } from "../../platform/request-scope.ts";

export type CircuitState = "closed" | "open" | "half_open";

/**
 * Circuit breaker for a dependency: the store, Key Vault, Entra. After repeated outages, calls fail immediately, and one at a time
 * checks whether the dependency is back. Each process has its own circuit, because another instance may reach what this one does not.
 */
export interface Circuit {
  readonly part: string;
  readonly state: CircuitState;
  /**
   * @param call ends by itself, sooner or later
   * @param isOutage tells a failure to answer from an answer, be it a refusal
   * @throws CircuitOpenError without calling; what the call throws
   */
  run<T>(call: () => Promise<T>, isOutage: (error: unknown) => boolean): Promise<T>;
}

interface CircuitOptions {
  /** Names what is behind it, in the log and in `/health/ready`. */
  readonly part: string;
  /** Seconds since 1970. */
  now(): number;
  readonly log: Log;
}

/** So many outages, with no answer between them, open a circuit. */
export const OUTAGES_TO_OPEN = 5;

/** Seconds until somebody may try again. */
export const CIRCUIT_PAUSE_SECONDS = 5;

/**
 * Milliseconds. A call without an answer counts as an outage only if it had at least this long. Otherwise a client that sends its body
 * slowly could open the circuit for everybody.
 */
const OUTAGE_TIMEOUT_MS = 3_000;

/** Nobody was asked. */
export class CircuitOpenError extends Error {
  override name = "CircuitOpenError";
  /** Seconds after which somebody may try again. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super("circuit_open");
    this.retryAfter = retryAfter;
  }
}

/** A circuit, closed. */
export function circuit({ part, now, log }: CircuitOptions): Circuit {
  let outages = 0;
  let open: { readonly since: number; retryAt: number; probing: boolean } | undefined;
  // What a call brings that began before the last change says nothing about the time since.
  let epoch = 0;

  /**
   * @param isFair only a call with a fair time may try whether the dependency is back; else clients that send their bodies slowly
   *   would keep the circuit open
   * @throws CircuitOpenError
   */
  const admit = (isFair: boolean): number => {
    if (!open) return epoch;
    const wait = open.retryAt - now();
    // A longer wait than was ever set: the clock was put back.
    if (wait > 0 && wait <= CIRCUIT_PAUSE_SECONDS) throw new CircuitOpenError(Math.ceil(wait));
    if (!isFair) throw new CircuitOpenError(1);
    // A probe that takes longer than the pause has had its chance; the next caller is another.
    open.retryAt = now() + CIRCUIT_PAUSE_SECONDS;
    open.probing = true;
    epoch += 1;
    return epoch;
  };

  const answered = () => {
    outages = 0;
    if (!open) return;
    log("warn", "circuit_closed", { part, seconds: now() - open.since });
    open = undefined;
    epoch += 1;
  };

  const failed = (error: unknown) => {
    if (open) {
      open.retryAt = now() + CIRCUIT_PAUSE_SECONDS;
      open.probing = false;
      return;
    }
    outages += 1;
    if (outages < OUTAGES_TO_OPEN) return;
    open = { since: now(), retryAt: now() + CIRCUIT_PAUSE_SECONDS, probing: false };
    epoch += 1;
    log("error", "circuit_opened", { part, outages, reason: error instanceof Error ? error.name : "" });
  };

  return {
    part,
    get state() {
      if (!open) return "closed";
      return open.probing ? "half_open" : "open";
    },
    async run(call, isOutage) {
      const isFair = timeLeft(OUTAGE_TIMEOUT_MS) === OUTAGE_TIMEOUT_MS;
      const admitted = admit(isFair);
      try {
        const value = await call();
        if (admitted === epoch) answered();
        return value;
      } catch (error) {
        if (admitted === epoch) {
          if (!isOutage(error)) answered();
          else if (isFair) failed(error);
        }
        throw error;
      }
    },
  };
}
