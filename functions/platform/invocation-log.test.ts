import { describe, expect, it } from "vitest";
import { describeError } from "./invocation-log.ts";

describe("describeError", () => {
  it("gives name, code and stack frames", () => {
    const error = Object.assign(new TypeError("fetch failed"), { code: "ECONNREFUSED" });
    const fields = describeError(error);
    expect(fields).toMatchObject({ errorName: "TypeError", errorCode: "ECONNREFUSED" });
    expect(fields["stack"]).toMatch(/^at .*invocation-log\.test\.ts:\d+:\d+/);
  });

  it("gives nothing of a message, however it is spread over lines", () => {
    const error = new Error("token eyJhbGciOi\n    at eyJzdWIiOi\neyJzaWc");
    expect(JSON.stringify(describeError(error))).not.toContain("eyJ");
  });

  it("leaves out a code that is no code", () => {
    expect(
      describeError(Object.assign(new Error("x"), { code: "https://x.example/?token=1" })),
    ).not.toHaveProperty("errorCode");
  });

  it("says only the type of what is not an error", () => {
    expect(describeError("Bearer eyJhbGciOi")).toEqual({ errorName: "string" });
  });
});
