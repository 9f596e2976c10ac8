import { afterEach, describe, expect, it } from "vitest";
import { advanceClock, restoreClock } from "./clock.ts";

const HOUR_MS = 3_600_000;

afterEach(restoreClock);

describe("a clock that was moved forward", () => {
  it("is ahead in every way to ask for the time, and goes on", () => {
    const before = Date.now();
    advanceClock(3600);
    expect(Date.now()).toBeGreaterThanOrEqual(before + HOUR_MS);
    expect(Date.now()).toBeLessThan(before + 2 * HOUR_MS);
    expect(Date.parse(new Date().toISOString())).toBeGreaterThanOrEqual(before + HOUR_MS);
    expect(Date.parse(Date())).toBeGreaterThanOrEqual(Math.floor((before + HOUR_MS) / 1000) * 1000);
  });

  it("adds up, and ends with the machine's time", () => {
    const before = Date.now();
    advanceClock(3600);
    advanceClock(3600);
    expect(Date.now()).toBeGreaterThanOrEqual(before + 2 * HOUR_MS);
    restoreClock();
    expect(Date.now()).toBeLessThan(before + HOUR_MS);
  });

  it("leaves given times and the type as they are", () => {
    advanceClock(3600);
    const given = new Date("2026-01-02T03:04:05Z");
    expect(given.toISOString()).toBe("2026-01-02T03:04:05.000Z");
    expect(given).toBeInstanceOf(Date);
    expect(Date.UTC(2026, 0, 2)).toBe(new Date("2026-01-02T00:00:00Z").getTime());
  });
});
