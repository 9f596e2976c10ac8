import { keptFormat } from "./kept-format.ts";
import type { Language } from "./language.ts";

const inUnits = (unit: string) =>
  keptFormat(
    (tag) =>
      new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }),
  );

const SECOND = { seconds: 1, format: inUnits("second") };
const UNITS = [
  { seconds: 86_400, format: inUnits("day") },
  { seconds: 3600, format: inUnits("hour") },
  { seconds: 60, format: inUnits("minute") },
];

/** @returns "30 days" in the language, in the largest unit that fits, rounded down */
export function durationIn(language: Language, seconds: number): string {
  const largest = UNITS.find((each) => seconds >= each.seconds) ?? SECOND;
  return largest.format(language).format(Math.floor(seconds / largest.seconds));
}
