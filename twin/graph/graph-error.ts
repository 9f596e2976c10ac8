/** An answer of Microsoft Graph other than success. */
export class GraphError extends Error {
  override name = "GraphError";
  /** HTTP status. */
  readonly status: number;
  /** Graph's error code. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Graph's error document. */
  body(requestId: string) {
    return {
      error: {
        code: this.code,
        message: this.message,
        innerError: {
          date: new Date().toISOString().replace(/\.\d+Z$/, ""),
          "request-id": requestId,
          "client-request-id": requestId,
        },
      },
    };
  }
}
