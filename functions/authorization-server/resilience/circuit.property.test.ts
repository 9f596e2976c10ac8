import { describe, expect, it } from "vitest";
import fc from "../../testing/generated-input.ts";
import { makeClock } from "../testing/clock.ts";
import { CIRCUIT_PAUSE_SECONDS, CircuitOpenError, circuit, OUTAGES_TO_OPEN } from "./circuit.ts";

/** What may happen: a call begins, one that is under way ends, or time passes. */
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("begin" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      which: fc.nat(50),
      outcome: fc.constantFrom("answer" as const, "outage" as const, "outage" as const, "outage" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 7 }) }),
  },
);

const OUTAGE = new Error("outage");

interface UnderWay {
  readonly end: PromiseWithResolvers<void>;
  readonly ended: Promise<unknown>;
  /** How often the circuit had opened or closed when the call began. */
  readonly changes: number;
}

describe("a circuit, whatever happens in whatever order", () => {
  it("SES-4 lets everybody through while closed, one in a pause otherwise, and opens only by outages in a row", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 150, size: "max" }), async (happenings) => {
        const clock = makeClock();
        let opened = 0;
        let changes = 0;
        const subject = circuit({
          part: "store",
          now: clock.now,
          log: (_, event) => {
            changes += 1;
            if (event === "circuit_opened") opened += 1;
          },
        });
        const underWay: UnderWay[] = [];
        let sinceAnswer = 0;
        let lastAdmitted = Number.NEGATIVE_INFINITY;
        for (const each of happenings) {
          const before = subject.state;
          if (each.kind === "pass") {
            clock.advance(each.seconds);
            expect(subject.state).toBe(before);
          } else if (each.kind === "begin") {
            const end = Promise.withResolvers<void>();
            let admitted = false;
            const ended = subject
              .run(
                () => {
                  admitted = true;
                  return end.promise;
                },
                (error) => error === OUTAGE,
              )
              .catch((error: unknown) => error);
            if (before === "closed") expect(admitted).toBe(true);
            else if (admitted) {
              expect(clock.now() - lastAdmitted).toBeGreaterThanOrEqual(CIRCUIT_PAUSE_SECONDS);
              expect(subject.state).toBe("half_open");
              lastAdmitted = clock.now();
            } else {
              const refusal = await ended;
              expect(refusal).toBeInstanceOf(CircuitOpenError);
              const { retryAfter } = refusal as CircuitOpenError;
              expect(retryAfter).toBeGreaterThanOrEqual(1);
              expect(retryAfter).toBeLessThanOrEqual(CIRCUIT_PAUSE_SECONDS);
            }
            if (admitted) underWay.push({ end, ended, changes });
          } else {
            const [ending] = underWay.splice(each.which % Math.max(1, underWay.length), 1);
            if (!ending) continue;
            const openedBefore = opened;
            const isOld = ending.changes !== changes;
            if (each.outcome === "answer") ending.end.resolve();
            else ending.end.reject(OUTAGE);
            await ending.ended;
            if (isOld) expect(subject.state).toBe(before);
            if (each.outcome === "answer") {
              expect(opened).toBe(openedBefore);
              if (before === "closed") expect(subject.state).toBe("closed");
              if (!isOld) sinceAnswer = 0;
            } else {
              sinceAnswer += 1;
              if (before !== "closed") expect(subject.state).not.toBe("closed");
              if (opened > openedBefore) {
                expect(sinceAnswer).toBeGreaterThanOrEqual(OUTAGES_TO_OPEN);
                lastAdmitted = clock.now();
              }
            }
            if (before === "half_open" && subject.state === "open") lastAdmitted = clock.now();
          }
        }
        for (const { end } of underWay) end.resolve();
      }),
      { numRuns: 500 },
    );
  });
});
