import { describe, expect, it } from "vitest";
import { keptName } from "./client.ts";

describe("keptName", () => {
  it.each(["Claude", "x".repeat(120), ""])("CON-2 shows a name of up to 120 characters whole: %j", (name) => {
    expect(keptName(name)).toBe(name);
  });

  it("CON-2 shows the beginning of a longer one, and that it is one", () => {
    expect(keptName("x".repeat(121))).toBe(`${"x".repeat(119)}…`);
    expect(keptName(`${"x".repeat(110)} ${"y".repeat(100)}`)).toBe(`${"x".repeat(110)} ${"y".repeat(8)}…`);
    expect(keptName(`${"x".repeat(118)} ${"y".repeat(100)}`)).toBe(`${"x".repeat(118)}…`);
  });

  it.each([
    ["a letter and its accents", "e\u0301\u0323"],
    ["an emoji of several", "👩‍👩‍👧"],
    ["a character of two code units", "𝕏"],
  ])("CON-2 takes %s not apart", (_, character) => {
    for (let before = 100; before < 120; before++) {
      const shown = keptName("x".repeat(before) + character.repeat(40)).slice(before, -1);
      expect(shown).toBe(character.repeat(shown.length / character.length));
    }
  });
});
