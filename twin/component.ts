/** One part of the local twin: a server on loopback, in this process or in its own. */
export interface Component {
  readonly name: string;
  /** Its base URL, without a slash at the end. */
  readonly url: string;
  /** Ends it and everything it started; resolves when its ports are free and its processes gone. */
  stop(): Promise<void>;
}

/** One line that a component or an app wrote, as Application Insights would show it. */
export interface LogLine {
  readonly component: string;
  readonly level: "debug" | "info" | "warn" | "error";
  /** Free text, or the JSON of a structured line. */
  readonly message: string;
}

export type LogSink = (line: LogLine) => void;
