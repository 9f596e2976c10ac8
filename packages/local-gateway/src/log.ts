/** One line that the gateway writes. */
export interface LogLine {
  /** Always `gateway`. */
  readonly component: string;
  readonly level: "debug" | "info" | "warn" | "error";
  /** The JSON of a structured line. */
  readonly message: string;
}

export type LogSink = (line: LogLine) => void;
