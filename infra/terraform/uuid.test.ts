import { describe, expect, it } from "vitest";
import { uuidOf } from "./uuid.ts";

describe("uuidOf", () => {
  it("gives a version 5 UUID, the same each time and another for another name", () => {
    expect(uuidOf("graph-mcp/scope/Mcp.Access")).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(uuidOf("a")).toBe(uuidOf("a"));
    expect(uuidOf("a")).not.toBe(uuidOf("b"));
  });
});
