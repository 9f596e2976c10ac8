import { afterEach, describe, expect, it, vi } from "vitest";
import { inTime, REQUEST_MILLISECONDS, timeLeft } from "../../platform/request-scope.ts";
import { makeCall } from "../testing/calls.ts";
import { freshValue } from "./fresh-value.ts";

function setup() {
  const state = { time: 0, calls: 0, fail: false, hold: undefined as Promise<void> | undefined };
  const value = freshValue(
    async () => {
      state.calls += 1;
      await state.hold;
      if (state.fail) throw new Error(`down ${state.calls}`);
      return state.calls;
    },
    { freshFor: 100, pause: 5, now: () => state.time },
  );
  return { state, value };
}

/** Lets what runs behind an answer come to its end. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => void vi.useRealTimers());

describe("a fresh value", () => {
  it("is loaded once for all who ask at the same time", async () => {
    const { state, value } = setup();
    expect(await Promise.all([value.get(), value.get(), value.get()])).toEqual([1, 1, 1]);
    state.time = 99;
    expect(await value.get()).toBe(1);
    expect(state.calls).toBe(1);
  });

  it("is given at once while the next is fetched behind it", async () => {
    const { state, value } = setup();
    await value.get();
    state.time = 100;
    const held = Promise.withResolvers<void>();
    state.hold = held.promise;
    expect(await value.get()).toBe(1);
    held.resolve();
    await settle();
    expect(await value.get()).toBe(2);
  });

  it("is fetched first when it is twice as old", async () => {
    const { state, value } = setup();
    await value.get();
    state.time = 200;
    expect(await value.get()).toBe(2);
  });

  it("is loaded in the time of a whole request, however little the one that asks first has left", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const value = freshValue(async () => timeLeft(REQUEST_MILLISECONDS), {
      freshFor: 100,
      pause: 5,
      now: () => 0,
    });
    const slowly = inTime(async () => {
      vi.advanceTimersByTime(REQUEST_MILLISECONDS - 1);
      expect(timeLeft(REQUEST_MILLISECONDS)).toBeLessThan(REQUEST_MILLISECONDS);
      return Response.json(await value.get());
    });
    const answer = await slowly(new Request("https://as.example/"), makeCall());
    expect(await answer.json()).toBe(REQUEST_MILLISECONDS);
  });

  it("serves on while nothing newer can be had, without waiting for that", async () => {
    const { state, value } = setup();
    await value.get();
    state.time = 1_000;
    state.fail = true;
    expect(await value.get()).toBe(1);
    state.time = 1_005;
    state.hold = new Promise(() => undefined);
    expect(await value.get()).toBe(1);
    expect(state.calls).toBe(3);
  });

  it("fails for everyone in the pause after a failure, with one call", async () => {
    const { state, value } = setup();
    state.fail = true;
    await expect(value.get()).rejects.toThrow("down 1");
    state.time = 4;
    await expect(value.get()).rejects.toThrow("down 1");
    state.time = 5;
    state.fail = false;
    expect(await value.get()).toBe(2);
  });

  it("is loaded again after it was declared expired, but not within the pause", async () => {
    const { state, value } = setup();
    await value.get();
    state.time = 4;
    value.expire();
    expect(await value.get()).toBe(1);
    state.time = 5;
    expect(await value.get()).toBe(2);
  });
});
