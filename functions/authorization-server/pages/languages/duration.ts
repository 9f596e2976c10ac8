import type { Language } from "./language.ts";

const UNITS = [
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3600 },
  { unit: "minute", seconds: 60 },
  { unit: "second", seconds: 1 },
] as const;

/** @returns "30 days" in the language, in the largest unit that fits, rounded down */
export function durationIn({ tag }: Language, seconds: number): string {
  const largest = UNITS.find((each) => seconds >= each.seconds) ?? { unit: "second", seconds: 1 };
  return new Intl.NumberFormat(tag, {
    style: "unit",
    unit: largest.unit,
    unitDisplay: "long",
    maximumFractionDigits: 0,
  }).format(Math.floor(seconds / largest.seconds));
}
