import { type Html, html } from "./html.ts";
import { keptFormat } from "./languages/kept-format.ts";
import type { Language } from "./languages/language.ts";

const momentFormat = keptFormat(
  (tag) =>
    new Intl.DateTimeFormat(tag, {
      dateStyle: "long",
      timeStyle: "short",
      hourCycle: "h23",
      timeZone: "UTC",
    }),
);
const dayFormat = keptFormat((tag) => new Intl.DateTimeFormat(tag, { dateStyle: "long", timeZone: "UTC" }));
const minuteFormat = keptFormat(
  (tag) => new Intl.NumberFormat(tag, { style: "unit", unit: "minute", unitDisplay: "long" }),
);

/**
 * A moment, to the minute. Where the reader is, the server does not know: times are in UTC, and say so.
 *
 * @param seconds since 1970
 */
export function moment(language: Language, seconds: number): Html {
  return time(momentFormat(language), seconds, " UTC");
}

/** @param seconds since 1970 */
export function day(language: Language, seconds: number): Html {
  return time(dayFormat(language), seconds, "");
}

/** @returns the seconds in minutes, rounded up: no page says that something is over when it is not */
export function minutes(language: Language, seconds: number): string {
  return minuteFormat(language).format(Math.ceil(seconds / 60));
}

function time(format: Intl.DateTimeFormat, seconds: number, zone: string): Html {
  const date = new Date(seconds * 1000);
  return html`<time datetime="${date.toISOString()}">${format.format(date)}${zone}</time>`;
}
