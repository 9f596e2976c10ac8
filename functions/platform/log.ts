/** A field of a log line. Never a token, code, cookie, verifier or assertion. */
export type LogField = string | number | boolean | undefined;
export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * Writes one structured line.
 *
 * @param event what happened, as a stable name in snake_case
 */
export type Log = (level: LogLevel, event: string, fields?: Readonly<Record<string, LogField>>) => void;
