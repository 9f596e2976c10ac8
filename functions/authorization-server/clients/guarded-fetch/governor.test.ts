import { describe, expect, it } from "vitest";
import { makeClock } from "../../testing/clock.ts";
import { failureOf } from "../../testing/failure.ts";
import { fetchGovernor } from "./governor.ts";

const done = async () => "done";

function setup(changes: Partial<Parameters<typeof fetchGovernor>[0]> = {}) {
  const clock = makeClock(60_000);
  return {
    clock,
    govern: fetchGovernor({ atOnce: 2, perMinute: 5, perHostAndMinute: 3, ...changes }, clock.now),
  };
}

const refused = { kind: "unavailable", reason: "too_many_fetches" };

describe("fetchGovernor", () => {
  it("CLI-4 begins so many fetches to one host in a minute, and then again", async () => {
    const { clock, govern } = setup();
    for (const _ of [1, 2, 3]) expect(await govern("a.example", done)).toBe("done");
    let ran = false;
    expect(
      await failureOf(
        govern("a.example", async () => {
          ran = true;
        }),
      ),
    ).toMatchObject(refused);
    expect(ran).toBe(false);
    expect(await govern("b.example", done)).toBe("done");
    clock.advance(60);
    expect(await govern("a.example", done)).toBe("done");
  });

  it("CLI-4 begins so many fetches in a minute, to however many hosts", async () => {
    const { clock, govern } = setup();
    for (const host of ["a", "b", "c", "d", "e"]) await govern(host, done);
    expect(await failureOf(govern("f", done))).toMatchObject(refused);
    clock.advance(59);
    expect(await failureOf(govern("f", done))).toMatchObject(refused);
    clock.advance(1);
    expect(await govern("f", done)).toBe("done");
  });

  it("CLI-4 has so many under way at once, also when some fail", async () => {
    const { govern } = setup({ perMinute: 100, perHostAndMinute: 100 });
    const first = Promise.withResolvers<string>();
    const second = Promise.withResolvers<string>();
    const running = [govern("a", () => first.promise), govern("b", () => second.promise)];
    expect(await failureOf(govern("c", done))).toMatchObject(refused);
    first.reject(new Error("x"));
    await failureOf(running[0] ?? Promise.resolve());
    expect(await govern("c", done)).toBe("done");
    second.resolve("late");
    expect(await running[1]).toBe("late");
  });
});
