/**
 * Why something that a client publishes could not be read:
 * - `unavailable`: no host answered, or it does not serve us now; another try may succeed
 * - `forbidden`: we do not connect to the addresses of this name
 * - `gone`: the host says that nothing is there (404, 410)
 * - `refused`: the host answered with something that we do not use
 */
export type FetchErrorKind = "unavailable" | "forbidden" | "gone" | "refused";

/** Something that a client publishes could not be read. */
export class FetchError extends Error {
  override name = "FetchError";
  readonly kind: FetchErrorKind;
  /** A stable code, for the log only: an answer with it would tell what our network can reach. */
  readonly reason: string;

  constructor(kind: FetchErrorKind, reason: string, options: { cause?: unknown } = {}) {
    super(`fetch: ${reason}`, options);
    this.kind = kind;
    this.reason = reason;
  }

  /**
   * Whether a public host answered, so that everybody can see what it answered. Answers to our callers depend on this and on
   * nothing else of the error: a name inside our network looks like a host that is down.
   */
  get answered(): boolean {
    return this.kind === "gone" || this.kind === "refused";
  }
}

/** @returns the code of a system's or a parser's error, fit for a log; "failed" for anything else */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^[A-Z_0-9]{1,50}$/.test(code) ? code : "failed";
}

/** Nobody was asked: too much is fetched already, in all or for this caller. That says nothing about what was to be fetched. */
export class TooManyFetchesError extends FetchError {
  constructor() {
    super("unavailable", "too_many_fetches");
  }
}
