import { describe, expect, it } from "vitest";
import { accentOnDark, accentOnLight, contrast } from "./accent.ts";

const LIGHT = { paper: "#ffffff", ground: "#f1f3f6" };
const DARK = { paper: "#1c2027", ground: "#11141a" };

describe("contrast", () => {
  // The ratios that WCAG's own examples and tools give.
  it.each([
    ["#000000", "#ffffff", 21],
    ["#777777", "#ffffff", 4.48],
    ["#767676", "#ffffff", 4.54],
    ["#ff0000", "#ffffff", 4.0],
    ["#abcdef", "#ABCDEF", 1],
  ])("of %s and %s is %d, either way round", (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 2);
    expect(contrast(other, one)).toBeCloseTo(ratio, 2);
  });
});

describe("accentOnLight", () => {
  it("leaves a colour alone that can be read", () => {
    expect(accentOnLight("#0f5bb5", LIGHT)).toMatchObject({ accent: "#0f5bb5", onAccent: "#ffffff" });
  });

  it.each(["#ffd400", "#ffffff", "#00ff00", "#ff8c00"])("darkens %s no further than it takes", (color) => {
    const { accent } = accentOnLight(color, LIGHT);
    const ratio = contrast(accent, LIGHT.ground);
    expect(ratio).toBeGreaterThanOrEqual(4.5);
    expect(ratio).toBeLessThan(4.8);
  });
});

describe("accentOnDark", () => {
  it.each(["#0f5bb5", "#000000", "#400000", "#ffd400"])(
    "makes %s light enough, and keeps what stands on it dark",
    (color) => {
      const { accent, onAccent } = accentOnDark(color, DARK);
      expect(contrast(accent, DARK.paper)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(onAccent, DARK.ground)).toBeLessThan(2);
    },
  );
});
