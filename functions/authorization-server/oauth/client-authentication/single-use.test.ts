import { expect, it } from "vitest";
import { makeClock } from "../../testing/clock.ts";
import { singleUse } from "./single-use.ts";

it("lets one use through until its time is over", () => {
  const clock = makeClock(1_000);
  const { use } = singleUse(10, clock.now);
  expect(use("a", 1_100)).toBe(true);
  expect(use("a", 1_100)).toBe(false);
  expect(use("b", 1_100)).toBe(true);
  clock.advance(99);
  expect(use("a", 1_200)).toBe(false);
  clock.advance(1);
  expect(use("a", 1_200)).toBe(true);
});

it("remembers by the latest use", () => {
  const clock = makeClock(0);
  const { use } = singleUse(2, clock.now);
  for (const id of ["a", "b"]) use(id, 10);
  clock.advance(10);
  for (const id of ["a", "c"]) expect(use(id, 20)).toBe(true);
  expect([use("a", 20), use("c", 20)]).toEqual([false, false]);
});

it("remembers so many, the latest", () => {
  const { use } = singleUse(2, makeClock(0).now);
  for (const id of ["a", "b", "c"]) expect(use(id, 10)).toBe(true);
  expect([use("b", 10), use("c", 10), use("a", 10)]).toEqual([false, false, true]);
});
