import { CircuitOpenError } from "../resilience/circuit.ts";

/** A document as it was read or written, with the version that a later write names. */
export interface Stored<T> {
  readonly document: T;
  readonly etag: string;
}

/** One container. Each method is one point operation of the store. */
export interface Documents<T> {
  /** @throws StoreError `conflict` when the ID is taken */
  create(document: T): Promise<Stored<T>>;
  /** @returns undefined when there is none */
  read(id: string, partition: string): Promise<Stored<T> | undefined>;
  /**
   * Writes only when nobody else wrote since.
   *
   * @returns undefined when somebody did, or the document is gone; nothing was written then
   */
  replace(document: T, etag: string): Promise<Stored<T> | undefined>;
}

/** A container whose documents may go before their time is over. */
export interface RemovableDocuments<T> extends Documents<T> {
  /** Does nothing when there is none. */
  remove(id: string, partition: string): Promise<void>;
}

/** The store did not do what was asked of it. */
export class StoreError extends Error {
  override name = "StoreError";
  readonly kind: "conflict" | "unavailable";
  /** Seconds after which another try makes sense, where that is known. */
  readonly retryAfter: number | undefined;
  /** Whether a write was certainly not made; otherwise nobody knows. */
  readonly notMade: boolean;

  /** @param options.notMade is implied by a circuit that was open */
  constructor(
    kind: "conflict" | "unavailable",
    options: { cause: unknown; retryAfter?: number | undefined; notMade?: boolean },
  ) {
    const open = options.cause instanceof CircuitOpenError ? options.cause : undefined;
    super(`store: ${kind}${open ? ` ${open.message}` : ""}`, { cause: options.cause });
    this.kind = kind;
    this.retryAfter = open?.retryAfter ?? options.retryAfter;
    this.notMade = open !== undefined || (options.notMade ?? false);
  }
}
