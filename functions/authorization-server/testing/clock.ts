/** A clock that stands still until it is set. */
export interface Clock {
  /** Seconds since 1970. */
  readonly now: () => number;
  /** @param seconds from where it stands */
  advance(seconds: number): void;
  /** @param time seconds since 1970 */
  set(time: number): void;
}

/** @param start seconds since 1970 */
export function makeClock(start = 1_800_000_000): Clock {
  let time = start;
  return {
    now: () => time,
    advance: (seconds) => {
      time += seconds;
    },
    set: (to) => {
      time = to;
    },
  };
}
