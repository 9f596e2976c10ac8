/** One line that the gateway writes. */
export interface LogLine {
  readonly component: "gateway";
  readonly level: "debug" | "info" | "warn" | "error";
  /** A JSON object: `event` says what happened (`request`, `policy_failed`, `request_failed`, `trace`, `metric`). */
  readonly message: string;
}

/** Takes log lines, one at a time. */
export type LogSink = (line: LogLine) => void;
