import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inTime, REQUEST_MILLISECONDS } from "../../platform/request-scope.ts";
import { makeCall } from "../testing/calls.ts";
import { type Clock, makeClock } from "../testing/clock.ts";
import {
  CIRCUIT_PAUSE_SECONDS,
  type Circuit,
  CircuitOpenError,
  type CircuitState,
  circuit,
  OUTAGES_TO_OPEN,
} from "./circuit.ts";

const OUTAGE = new TypeError("outage");
const REFUSAL = new Error("refusal");
const isOutage = (error: unknown) => error === OUTAGE;

let clock: Clock;
let lines: unknown[];
let subject: Circuit;
afterEach(() => void vi.useRealTimers());
beforeEach(() => {
  clock = makeClock();
  lines = [];
  subject = circuit({ part: "store", now: clock.now, log: (...line) => lines.push(line) });
});

type Outcome = "answer" | "refusal" | "outage";

/** One call. @returns what came of it */
async function call(outcome: Outcome): Promise<Outcome | "turned away"> {
  const settled = await subject
    .run(() => (outcome === "answer" ? Promise.resolve() : Promise.reject(faultOf(outcome))), isOutage)
    .catch((error: unknown) => error);
  if (settled instanceof CircuitOpenError) return "turned away";
  if (settled === undefined) return "answer";
  return settled === OUTAGE ? "outage" : "refusal";
}
const faultOf = (outcome: Outcome) => (outcome === "outage" ? OUTAGE : REFUSAL);

async function calls(outcome: Outcome, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await call(outcome);
}

/** A call that is under way until the test ends it. */
function underWay() {
  const end = Promise.withResolvers<void>();
  const ended = subject.run(() => end.promise, isOutage).catch((error: unknown) => error);
  return {
    answer: () => {
      end.resolve();
      return ended;
    },
    fail: () => {
      end.reject(OUTAGE);
      return ended;
    },
  };
}

describe("a circuit", () => {
  it.each<[what: string, before: readonly Outcome[], state: CircuitState]>([
    ["nothing", [], "closed"],
    ["one outage less than it takes", Array(OUTAGES_TO_OPEN - 1).fill("outage"), "closed"],
    ["as many as it takes", Array(OUTAGES_TO_OPEN).fill("outage"), "open"],
    ["an answer between them", [...Array(4).fill("outage"), "answer", "outage"], "closed"],
    [
      "a refusal between them, which is an answer",
      [...Array(4).fill("outage"), "refusal", "outage"],
      "closed",
    ],
    ["refusals, however many", Array(50).fill("refusal"), "closed"],
  ])("SES-4 after %s is as it has to be", async (_, before, state) => {
    for (const outcome of before) await call(outcome);
    expect(subject.state).toBe(state);
  });

  it("SES-4 turns callers away at once while it is open, says for how long, and asks nobody", async () => {
    await calls("outage", OUTAGES_TO_OPEN);
    clock.advance(2);
    let asked = 0;
    const turnedAway = subject.run(async () => asked++, isOutage);
    await expect(turnedAway).rejects.toMatchObject({
      name: "CircuitOpenError",
      message: "circuit_open",
      retryAfter: CIRCUIT_PAUSE_SECONDS - 2,
    });
    expect(asked).toBe(0);
  });

  it("SES-4 is neither opened nor probed by calls that had no fair time, because their callers spent it", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const slowly = (work: () => Promise<unknown>) =>
      inTime(async () => {
        vi.advanceTimersByTime(REQUEST_MILLISECONDS);
        await work();
        return new Response();
      })(new Request("https://as.example/"), makeCall());
    await slowly(() => calls("outage", 2 * OUTAGES_TO_OPEN));
    expect(subject.state).toBe("closed");
    await calls("outage", OUTAGES_TO_OPEN);
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    await slowly(async () => expect(await call("answer")).toBe("turned away"));
    expect(subject.state).toBe("open");
    expect(await call("answer")).toBe("answer");
    expect(subject.state).toBe("closed");
  });

  it("SES-4 lets one caller try after the pause, and turns the others away meanwhile", async () => {
    await calls("outage", OUTAGES_TO_OPEN);
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    const probe = underWay();
    expect(subject.state).toBe("half_open");
    expect(await Promise.all(Array.from({ length: 20 }, () => call("answer")))).toEqual(
      Array(20).fill("turned away"),
    );
    await probe.answer();
    expect(subject.state).toBe("closed");
    expect(await call("answer")).toBe("answer");
  });

  it.each(["answer", "refusal"] as const)("SES-4 closes with the probe's %s", async (outcome) => {
    await calls("outage", OUTAGES_TO_OPEN);
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    await call(outcome);
    expect(subject.state).toBe("closed");
    await calls("outage", OUTAGES_TO_OPEN - 1);
    expect(subject.state).toBe("closed");
  });

  it("SES-4 stays open for another pause when the probe fails", async () => {
    await calls("outage", OUTAGES_TO_OPEN);
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    expect(await call("outage")).toBe("outage");
    expect(subject.state).toBe("open");
    clock.advance(CIRCUIT_PAUSE_SECONDS - 1);
    expect(await call("answer")).toBe("turned away");
    clock.advance(1);
    expect(await call("answer")).toBe("answer");
  });

  it("SES-4 does not wait for a probe that says nothing, nor believes it later", async () => {
    await calls("outage", OUTAGES_TO_OPEN);
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    const first = underWay();
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    const second = underWay();
    await first.answer();
    expect(subject.state).toBe("half_open");
    await second.fail();
    expect(subject.state).toBe("open");
  });

  it("SES-4 does not open again by calls that began before it closed", async () => {
    const old = Array.from({ length: 20 }, underWay);
    await calls("outage", OUTAGES_TO_OPEN);
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    await call("answer");
    await Promise.all(old.map((each) => each.fail()));
    expect(subject.state).toBe("closed");
  });

  it("SES-4 does not close by calls that began before it opened", async () => {
    const old = underWay();
    await calls("outage", OUTAGES_TO_OPEN);
    await old.answer();
    expect(subject.state).toBe("open");
  });

  it("does not stay open when the clock is put back", async () => {
    await calls("outage", OUTAGES_TO_OPEN);
    clock.advance(-3600);
    expect(await call("answer")).toBe("answer");
  });

  it("counts a call that throws before it gives a promise", async () => {
    for (let i = 0; i < OUTAGES_TO_OPEN; i++) {
      const thrown = subject.run(() => {
        throw OUTAGE;
      }, isOutage);
      await expect(thrown).rejects.toBe(OUTAGE);
    }
    expect(subject.state).toBe("open");
  });

  it("SES-4 writes one line when it opens and one when it closes, and nothing of the error but its name", async () => {
    await calls("outage", OUTAGES_TO_OPEN + 3);
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    await call("outage");
    clock.advance(CIRCUIT_PAUSE_SECONDS);
    await calls("answer", 3);
    expect(lines).toEqual([
      ["error", "circuit_opened", { part: "store", outages: OUTAGES_TO_OPEN, reason: "TypeError" }],
      ["warn", "circuit_closed", { part: "store", seconds: 2 * CIRCUIT_PAUSE_SECONDS }],
    ]);
  });
});
