import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Call } from "./endpoint.ts";
import { callerNetwork, inTime, logInRequest, REQUEST_MILLISECONDS, timeLeft } from "./request-scope.ts";

const request = new Request("https://as.example/");
const silent: Call = { correlationId: "c", log: () => undefined };

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

const pass = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);

describe("a request's time", () => {
  it("SES-4 is what a call may take by itself, until less is left of the request, and then that", async () => {
    await inTime(async () => {
      expect(timeLeft(6_000)).toBe(6_000);
      pass(REQUEST_MILLISECONDS - 4_000);
      expect(timeLeft(6_000)).toBe(4_000);
      expect(timeLeft(3_000)).toBe(3_000);
      await Promise.resolve();
      pass(2_500);
      expect(timeLeft(6_000)).toBe(1_500);
      return new Response();
    })(request, silent);
  });

  it("SES-4 leaves a second to look for a lost write, and no more to a call that allows itself less", async () => {
    await inTime(async () => {
      pass(10 * REQUEST_MILLISECONDS);
      expect(timeLeft(6_000)).toBe(1_000);
      expect(timeLeft(200)).toBe(200);
      return new Response();
    })(request, silent);
  });

  it("is each request's own", async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()];
    const one = inTime(async () => {
      await first.promise;
      second.resolve(timeLeft(60_000));
      return new Response();
    })(request, silent);
    pass(5_000);
    await inTime(async () => {
      expect(timeLeft(60_000)).toBe(REQUEST_MILLISECONDS);
      first.resolve();
      return new Response();
    })(request, silent);
    await one;
    expect(await second.promise).toBe(REQUEST_MILLISECONDS - 5_000);
  });

  it("does not bound what no request waits for", () => {
    expect(timeLeft(60_000)).toBe(60_000);
  });
});

describe("the log of the request under way", () => {
  it("is that of the very request, and none outside of any", async () => {
    const lines: unknown[] = [];
    const named = (correlationId: string): Call => ({
      correlationId,
      log: (level, event, fields) => lines.push([correlationId, level, event, fields]),
    });
    const endpoint = inTime(async () => {
      await Promise.resolve();
      logInRequest("warn", "happened", { part: "store" });
      return new Response();
    });
    await Promise.all([endpoint(request, named("a")), endpoint(request, named("b"))]);
    logInRequest("warn", "happened elsewhere");
    expect(lines).toEqual([
      ["a", "warn", "happened", { part: "store" }],
      ["b", "warn", "happened", { part: "store" }],
    ]);
  });
});

describe("a request's caller", () => {
  it("is known by its network while the request is under way, where that is known", async () => {
    const seen: unknown[] = [];
    const endpoint = inTime(async () => {
      await Promise.resolve();
      seen.push(callerNetwork());
      return new Response();
    });
    await Promise.all([
      endpoint(request, { ...silent, network: "203.0.113.0/24" }),
      endpoint(request, silent),
    ]);
    expect([...seen, callerNetwork()]).toEqual(["203.0.113.0/24", undefined, undefined]);
  });
});
