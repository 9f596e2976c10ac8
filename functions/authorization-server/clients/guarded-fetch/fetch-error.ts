/** Something that a client publishes could not be had. */
export class FetchError extends Error {
  override name = "FetchError";
  /** `refused`: it will not do as it stands. `unavailable`: it may do another time. */
  readonly kind: "refused" | "unavailable";
  /** A stable code, for the log alone: towards who asked, it would tell what our network can reach. */
  readonly reason: string;

  constructor(kind: FetchError["kind"], reason: string, options: { cause?: unknown } = {}) {
    super(`fetch: ${reason}`, options);
    this.kind = kind;
    this.reason = reason;
  }
}

/** Nobody was asked: too much is fetched already, in all or for this caller. That says nothing about what was to be fetched. */
export class TooManyFetchesError extends FetchError {
  constructor() {
    super("unavailable", "too_many_fetches");
  }
}
