import { raiseFormat } from "../exceptions.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Standard formats, in the invariant culture, as custom ones. */
const STANDARD: Readonly<Record<string, string>> = {
  d: "MM/dd/yyyy",
  D: "dddd, dd MMMM yyyy",
  f: "dddd, dd MMMM yyyy HH:mm",
  F: "dddd, dd MMMM yyyy HH:mm:ss",
  g: "MM/dd/yyyy HH:mm",
  G: "MM/dd/yyyy HH:mm:ss",
  m: "MMMM dd",
  M: "MMMM dd",
  o: "yyyy-MM-ddTHH:mm:ss.fffffffK",
  O: "yyyy-MM-ddTHH:mm:ss.fffffffK",
  r: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  R: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  s: "yyyy-MM-ddTHH:mm:ss",
  t: "HH:mm",
  T: "HH:mm:ss",
  u: "yyyy-MM-dd HH:mm:ss'Z'",
  y: "yyyy MMMM",
  Y: "yyyy MMMM",
};

/**
 * Formats a time in the invariant culture.
 *
 * @param milliseconds of the time that the clock shows
 * @param zone what `K` gives: "Z", an offset or nothing
 */
export function formatInstant(milliseconds: number, format: string, zone: string): string {
  const pattern = format.length === 1 ? STANDARD[format] : format;
  if (pattern === undefined) return raiseFormat();
  const date = new Date(milliseconds);
  let result = "";
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] ?? "";
    if (character === "'" || character === '"') {
      const end = pattern.indexOf(character, at + 1);
      if (end === -1) return raiseFormat();
      result += pattern.slice(at + 1, end);
      at = end + 1;
    } else if (character === "\\" || character === "%") {
      if (character === "\\") result += pattern[at + 1] ?? "";
      at += character === "\\" ? 2 : 1;
    } else {
      let length = 1;
      while (pattern[at + length] === character) length++;
      result += part(date, character, length, zone);
      at += length;
    }
  }
  return result;
}

function part(date: Date, letter: string, length: number, zone: string): string {
  const padded = (value: number, width: number = length) =>
    value.toString().padStart(Math.min(width, 4), "0");
  switch (letter) {
    case "y":
      return length <= 2 ? padded(date.getUTCFullYear() % 100) : padded(date.getUTCFullYear());
    case "M": {
      const name = MONTHS[date.getUTCMonth()] ?? "";
      return length >= 4 ? name : length === 3 ? name.slice(0, 3) : padded(date.getUTCMonth() + 1);
    }
    case "d": {
      const name = DAYS[date.getUTCDay()] ?? "";
      return length >= 4 ? name : length === 3 ? name.slice(0, 3) : padded(date.getUTCDate());
    }
    case "H":
      return padded(date.getUTCHours());
    case "h":
      return padded(date.getUTCHours() % 12 || 12);
    case "m":
      return padded(date.getUTCMinutes());
    case "s":
      return padded(date.getUTCSeconds());
    case "f":
      return date.getUTCMilliseconds().toString().padStart(3, "0").padEnd(7, "0").slice(0, length);
    case "F":
      return date.getUTCMilliseconds().toString().padStart(3, "0").slice(0, length).replace(/0+$/, "");
    case "t":
      return (date.getUTCHours() < 12 ? "AM" : "PM").slice(0, length);
    case "K":
      return zone;
    case "z": {
      const offset = zone === "Z" || zone === "" ? "+00:00" : zone;
      return length >= 3 ? offset : offset.slice(0, 3);
    }
    default:
      return letter.repeat(length);
  }
}

/**
 * Reads a time as `DateTime.Parse` does with the invariant culture: ISO 8601, RFC 1123 and month/day/year.
 *
 * @returns the clock's time in milliseconds and its offset in minutes, undefined when none is written
 * @throws Thrown FormatException
 */
export function parseInstant(text: string): { readonly clock: number; readonly offset: number | undefined } {
  const trimmed = text.trim();
  const iso =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(
      trimmed,
    );
  const slashed =
    /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(
      trimmed,
    );
  const [, year, month, day, ...rest] =
    iso ?? (slashed ? [slashed[0], slashed[3], slashed[1], slashed[2], ...slashed.slice(4)] : []);
  if (year === undefined) {
    const rfc = /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(trimmed)
      ? Date.parse(trimmed)
      : Number.NaN;
    return Number.isNaN(rfc) ? raiseFormat() : { clock: rfc, offset: 0 };
  }
  const [hour = "0", minute = "0", second = "0", fraction = "0", zone] = rest;
  const clock = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const date = new Date(clock);
  if (date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day) || Number(hour) > 23)
    raiseFormat();
  return {
    clock: clock + Math.trunc(Number(`0.${fraction}`) * 1000),
    offset: zone === undefined ? undefined : zoneMinutes(zone),
  };
}

function zoneMinutes(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith("-") ? -minutes : minutes;
}
