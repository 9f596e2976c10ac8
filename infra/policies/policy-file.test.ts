import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { POLICIES_FOLDER, readPolicy, withoutRateLimits } from "./policy-file.ts";

const files = readdirSync(POLICIES_FOLDER, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".xml"));

describe("policies for the Consumption tier", () => {
  it.each(files)("%s differs only by its rate limits and indentation", (file) => {
    const full = readPolicy(file, "full");
    const adapted = readPolicy(file, "consumption");
    expect(adapted).not.toContain("<rate-limit-by-key");
    const limits = full.match(/^[ \t]*<rate-limit-by-key[\s\S]*?\/>\r?\n/gm) ?? [];
    const rest = limits.reduce((text, limit) => text.replace(limit, ""), full);
    expect(rest.replace(/^[ \t]+/gm, "")).toBe(adapted);
  });

  it("are some", () => {
    expect(
      files.filter((file) => readPolicy(file, "full") !== readPolicy(file, "consumption")).length,
    ).toBeGreaterThan(2);
  });

  it("are not guessed at", () => {
    expect(() => withoutRateLimits("<inbound>\n  <rate-limit-by-key>\n</inbound>")).toThrow("empty element");
  });
});
