import { type Html, html } from "./html.ts";
import type { Language } from "./languages/language.ts";

/**
 * A moment, to the minute. Where the reader is, the server does not know: times are in UTC, and say so.
 *
 * @param seconds since 1970
 */
export function moment(language: Language, seconds: number): Html {
  const shown = { dateStyle: "long", timeStyle: "short", hourCycle: "h23" } as const;
  return time(language, seconds, shown, " UTC");
}

/** @param seconds since 1970 */
export function day(language: Language, seconds: number): Html {
  return time(language, seconds, { dateStyle: "long" }, "");
}

/** @returns the seconds in minutes, rounded up: no page says that something is over when it is not */
export function minutes({ tag }: Language, seconds: number): string {
  const format = new Intl.NumberFormat(tag, { style: "unit", unit: "minute", unitDisplay: "long" });
  return format.format(Math.ceil(seconds / 60));
}

function time({ tag }: Language, seconds: number, shown: Intl.DateTimeFormatOptions, zone: string): Html {
  const date = new Date(seconds * 1000);
  const text = new Intl.DateTimeFormat(tag, { ...shown, timeZone: "UTC" }).format(date);
  return html`<time datetime="${date.toISOString()}">${text}${zone}</time>`;
}
