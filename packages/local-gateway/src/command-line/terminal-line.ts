import type { LogLine } from "../log.ts";

/** What a terminal could take for a command, or a reader for another line. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const PLAIN = /^[\w./:@+-]+$/;

/** A log line for people: `12:30:05 info  request  method=GET path=/hello status=200 …`. */
export function terminalLine({ level, message }: LogLine, at: Date): string {
  const { event = "", ...fields } = JSON.parse(message) as Record<string, unknown>;
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${shownValue(value)}`);
  const time = at.toTimeString().slice(0, 8);
  const line = [time, level.padEnd(5), String(event).padEnd(13), ...shown].join(" ");
  return line.replaceAll(
    CONTROL,
    (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, "0")}`,
  );
}

function shownValue(value: unknown): string {
  const text = String(value);
  return PLAIN.test(text) ? text : JSON.stringify(text);
}
