/**
 * A text that sorts by time, for what stands in a browser's cookies: of many that were set, the oldest has to go first.
 *
 * @param now seconds since 1970; several of one second are told apart by the millisecond
 */
export function sortableTime(now: number): string {
  return `${now.toString(36)}${String(Date.now() % 1000).padStart(3, "0")}`;
}
