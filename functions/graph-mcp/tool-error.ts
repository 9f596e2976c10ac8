/** A tool could not do its work; the message is for the person who asked, and says what to do. */
export class ToolError extends Error {
  override name = "ToolError";
  /** Stable, for the log. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
