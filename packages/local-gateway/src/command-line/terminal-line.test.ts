import { describe, expect, it } from "vitest";
import type { LogLine } from "../log.ts";
import { terminalLine } from "./terminal-line.ts";

const at = new Date(2026, 0, 1, 9, 5, 7);
const shown = (level: LogLine["level"], fields: object) =>
  terminalLine({ component: "gateway", level, message: JSON.stringify(fields) }, at);

describe("a line in the terminal", () => {
  it("begins with time, level and event", () => {
    expect(shown("info", { event: "request", method: "GET", path: "/a", status: 200 })).toBe(
      "09:05:07 info  request       method=GET path=/a status=200",
    );
    expect(shown("error", { event: "policy_failed", problem: 'no "b" here' })).toBe(
      '09:05:07 error policy_failed problem="no \\"b\\" here"',
    );
  });

  it("stays one line that no terminal obeys, whatever a policy writes", () => {
    const line = shown("debug", { event: "trace", message: "a\nb\u001b[31m\u009b\u2028\u202e" });
    expect(line).toBe('09:05:07 debug trace         message="a\\nb\\u001b[31m\\u009b\\u2028\\u202e"');
  });
});
