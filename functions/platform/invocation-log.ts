import type { InvocationContext } from "@azure/functions";
import type { Log, LogField, LogLevel } from "./log.ts";

/** A log that writes each line as JSON `{event, correlationId, …fields}` through the invocation. */
interface InvocationLog {
  readonly log: Log;
  /** Says that the handler has returned; a body may go on streaming. */
  ended(): void;
}

/**
 * @param context the invocation, which ties a line to its request in Application Insights
 * @param correlationId stands in every line
 */
export function invocationLog(context: InvocationContext, correlationId: string): InvocationLog {
  let write = (level: LogLevel, line: string) => context[level](line);
  return {
    log: (level, event, fields) => write(level, JSON.stringify({ event, correlationId, ...fields })),
    ended() {
      // Azure Functions warns about each line that an invocation logs after its handler has returned, and an event
      // stream's work is done after it. The host collects the process's own output as well.
      write = (level, line) => {
        const output = level === "warn" || level === "error" ? process.stderr : process.stdout;
        output.write(`${line}\n`);
      };
    },
  };
}

const STACK_FRAME = /^ {4}at .*(?::\d+:\d+|<anonymous>|native)\)?$/;
const ERROR_CODE = /^[\w.-]{1,64}$/;

/**
 * What a log may hold of an unexpected error: its name, its code and the frames of its stack. Not its message, which
 * in the errors of libraries may quote a token, a URL with its query, or a body.
 */
export function describeError(error: unknown): Readonly<Record<string, LogField>> {
  if (!(error instanceof Error)) return { errorName: typeof error };
  const code = "code" in error ? String(error.code) : "";
  const frames = (error.stack ?? "").split("\n").filter((line) => STACK_FRAME.test(line));
  return {
    errorName: error.name,
    ...(ERROR_CODE.test(code) ? { errorCode: code } : {}),
    stack: frames.map((frame) => frame.trim()).join("\n"),
  };
}
