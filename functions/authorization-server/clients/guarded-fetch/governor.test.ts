import { describe, expect, it } from "vitest";
import { makeClock } from "../../testing/clock.ts";
import { failureOf } from "../../testing/failure.ts";
import { fetchGovernor } from "./governor.ts";

const done = async () => "done";

function setup(changes: Partial<Parameters<typeof fetchGovernor>[0]> = {}) {
  const clock = makeClock(60_000);
  const caller: { name?: string } = {};
  const perCaller = { atOnce: 1, perMinute: 3, perHostAndMinute: 2 };
  const allowance = { atOnce: 2, perMinute: 5, perHostAndMinute: 3, perCaller, ...changes };
  return { clock, caller, govern: fetchGovernor(allowance, clock.now, () => caller.name) };
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

  it("CLI-4 begins fewer for one caller than for all, in a minute, to a host and at once", async () => {
    const { clock, caller, govern } = setup();
    caller.name = "one";
    await govern("a", done);
    await govern("a", done);
    expect(await failureOf(govern("a", done))).toMatchObject(refused);
    await govern("b", done);
    expect(await failureOf(govern("c", done))).toMatchObject(refused);
    caller.name = "another";
    expect(await govern("a", done)).toBe("done");
    clock.advance(60);
    const held = Promise.withResolvers<string>();
    const running = govern("c", () => held.promise);
    expect(await failureOf(govern("d", done))).toMatchObject(refused);
    caller.name = "one";
    expect(await govern("d", done)).toBe("done");
    held.resolve("late");
    expect(await running).toBe("late");
  });

  it("CLI-4 still counts what a caller has under way when a minute is over", async () => {
    const { clock, caller, govern } = setup();
    caller.name = "one";
    const held = Promise.withResolvers<string>();
    const running = govern("a", () => held.promise);
    clock.advance(60);
    expect(await failureOf(govern("b", done))).toMatchObject(refused);
    held.resolve("late");
    await running;
    expect(await govern("b", done)).toBe("done");
  });

  it("CLI-4 gives a caller a new share each minute, also while a fetch goes on from the last", async () => {
    const perCaller = { atOnce: 2, perMinute: 2, perHostAndMinute: 2 };
    const { clock, caller, govern } = setup({ perCaller });
    caller.name = "one";
    const held = Promise.withResolvers<string>();
    const running = govern("a", () => held.promise);
    await govern("b", done);
    expect(await failureOf(govern("c", done))).toMatchObject(refused);
    clock.advance(60);
    expect(await govern("c", done)).toBe("done");
    expect(await govern("c", done)).toBe("done");
    expect(await failureOf(govern("d", done))).toMatchObject(refused);
    held.resolve("late");
    await running;
  });
});
