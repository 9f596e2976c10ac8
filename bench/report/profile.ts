import type { Step } from "../measure/steps.ts";
import type { ProfileOfPlaces } from "../servers/profiler.ts";
import { number, table } from "./table.ts";

const MOST_PLACES = 16;

/** @returns the places that take most, as a Markdown table with a column for each step */
export function profileTable(profiles: ReadonlyMap<Step, ProfileOfPlaces>): string {
  const totals = new Map<string, number>();
  for (const places of profiles.values()) {
    for (const [place, time] of Object.entries(places)) totals.set(place, (totals.get(place) ?? 0) + time);
  }
  const most = [...totals].sort(([, a], [, b]) => b - a).slice(0, MOST_PLACES);
  return table(
    ["Milliseconds in", ...profiles.keys()],
    most.map(([place]) => [place, ...[...profiles.values()].map((places) => number(places[place]))]),
  );
}
