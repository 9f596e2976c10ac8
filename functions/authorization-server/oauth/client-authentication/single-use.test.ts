import { expect, it } from "vitest";
import { makeClock } from "../../testing/clock.ts";
import { singleUse } from "./single-use.ts";

const ROOMY = { perClient: 10, inAll: 100 };

it("lets one use through until its time is over", () => {
  const clock = makeClock(1_000);
  const { use } = singleUse(ROOMY, clock.now);
  expect(use("client", "a", 1_100)).toBe(true);
  expect(use("client", "a", 1_100)).toBe(false);
  expect(use("client", "b", 1_100)).toBe(true);
  clock.advance(99);
  expect(use("client", "a", 1_200)).toBe(false);
  clock.advance(1);
  expect(use("client", "a", 1_200)).toBe(true);
});

it("tells the clients apart", () => {
  const { use } = singleUse(ROOMY, makeClock(0).now);
  for (const client of ["one", "other"]) expect(use(client, "a", 10)).toBe(true);
  expect(use("one", "a", 10)).toBe(false);
  for (const [client, id] of [
    ["one a", "b"],
    ["one", "a b"],
  ] as const) {
    expect(use(client, id, 10)).toBe(true);
  }
});

it("remembers by the latest use", () => {
  const clock = makeClock(0);
  const { use } = singleUse({ perClient: 2, inAll: 2 }, clock.now);
  for (const id of ["a", "b"]) use("client", id, 10);
  clock.advance(10);
  for (const id of ["a", "c"]) expect(use("client", id, 20)).toBe(true);
  expect([use("client", "a", 20), use("client", "c", 20)]).toEqual([false, false]);
});

it("remembers so many of a client, the latest", () => {
  const { use } = singleUse({ perClient: 2, inAll: 100 }, makeClock(0).now);
  for (const id of ["a", "b", "c"]) expect(use("client", id, 10)).toBe(true);
  expect(["b", "c", "a"].map((id) => use("client", id, 10))).toEqual([false, false, true]);
});

it("CLI-5 does not forget a client's use because another client used many", () => {
  const { use } = singleUse({ perClient: 5, inAll: 10 }, makeClock(0).now);
  use("quiet", "a", 10);
  for (let n = 0; n < 1_000; n++) use("busy", String(n), 10);
  expect(use("quiet", "a", 10)).toBe(false);
});

it("CLI-5 does not forget it because many clients used many, either: those that have most lose their oldest", () => {
  const { use } = singleUse({ perClient: 5, inAll: 10 }, makeClock(0).now);
  for (const id of ["a", "b"]) use("quiet", id, 10);
  for (let n = 0; n < 1_000; n++) for (const client of ["x", "y", "z"]) use(client, String(n), 10);
  expect(["a", "b"].map((id) => use("quiet", id, 10))).toEqual([false, false]);
  expect(["x", "y", "z"].map((client) => use(client, "999", 10))).toEqual([false, false, false]);
});

it("makes room of what has ended before it forgets anything that lives", () => {
  const clock = makeClock(0);
  const { use } = singleUse({ perClient: 5, inAll: 5 }, clock.now);
  for (const client of ["a", "b", "c"]) use(client, "1", 10);
  clock.advance(10);
  for (const id of ["1", "2", "3", "4", "5"]) use("d", id, 20);
  expect(["1", "2", "3", "4", "5"].map((id) => use("d", id, 20))).toEqual(Array(5).fill(false));
});
