import { describe, expect, it } from "vitest";
import { covers } from "./name-pattern.ts";

describe("covers", () => {
  it.each([
    ["delete_*", "delete_all", true],
    ["delete_*", "delete_*", true],
    ["delete_*", "delete_a*b", true],
    ["*", "anything", true],
    ["*", "*", true],
    ["DELETE_*", "delete_x", true],
    ["a*c", "a*bc", true],
    ["exact", "exact", true],
    ["delete_*", "delete", false],
    ["delete_*", "*_all", false],
    ["exact", "exact1", false],
    ["exact", "1exact", false],
    ["a.c", "abc", false],
    ["a+", "aa", false],
    ["(a|b)", "a", false],
    ["note://secret/*", "note://*", false],
  ])("%s, %s: %s", (pattern, other, expected) => {
    expect(covers(pattern, other)).toBe(expected);
  });
});
