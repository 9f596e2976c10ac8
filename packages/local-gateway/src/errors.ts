import type { Position } from "./document/position.ts";

/** A policy file that cannot be used. The message begins with file, line and column, as compilers write them. */
export class PolicyError extends Error {
  override name = "PolicyError";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly problem: string;

  constructor(position: Position, problem: string) {
    super(`${position.file}:${position.line}:${position.column}: ${problem}`);
    this.file = position.file;
    this.line = position.line;
    this.column = position.column;
    this.problem = problem;
  }
}

/**
 * A policy that failed while a request was served: it sends the pipeline to `on-error`, where its fields
 * become `context.LastError`.
 */
export class PolicyFailure extends Error {
  override name = "PolicyFailure";
  readonly reason: string;
  /** Status of the response prepared for `on-error`. */
  readonly statusCode: number;
  /** What the caller reads; internals stay in `message`, which goes to `context.LastError` and the log. */
  readonly publicMessage: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The built-in step that failed, where it wasn't the policy element itself. */
  readonly source: string | undefined;
  /** `on-error` sees the response that is there already, rather than one made of this failure. */
  readonly keepsResponse: boolean;

  constructor(
    reason: string,
    message: string,
    options: {
      readonly statusCode?: number;
      readonly publicMessage?: string;
      readonly headers?: readonly (readonly [string, string])[];
      readonly source?: string;
      readonly keepsResponse?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.statusCode = options.statusCode ?? 500;
    this.publicMessage = options.publicMessage ?? "Internal server error";
    this.headers = options.headers ?? [];
    this.source = options.source;
    this.keepsResponse = options.keepsResponse ?? false;
  }
}
