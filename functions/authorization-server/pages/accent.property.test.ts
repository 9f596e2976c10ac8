import { assert, integer, property } from "fast-check";
import { describe, it } from "vitest";
import { contrast } from "./accent.ts";
import { styleSheet } from "./style.ts";

/** WCAG 2.2 §1.4.3, level AA. */
const READABLE = 4.5;

describe("a colour of the operator's", () => {
  it("can be read on every ground of the pages, light and dark, and what stands on it, too", () => {
    assert(
      property(integer({ min: 0, max: 0xffffff }), (number) => {
        const sheet = styleSheet(`#${number.toString(16).padStart(6, "0")}`);
        const [light = {}, dark = {}] = [...sheet.matchAll(/:root \{([^}]+)\}/g)].map(([, rules = ""]) =>
          Object.fromEntries(
            [...rules.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
          ),
        );
        return [light, dark].every((colors: Record<string, string>) => {
          const between = (one: string, other: string) => contrast(colors[one] ?? "", colors[other] ?? "");
          return (
            ["accent", "accent-strong"].every(
              (text) => between(text, "paper") >= READABLE && between(text, "ground") >= READABLE,
            ) &&
            between("on-accent", "accent") >= READABLE &&
            between("on-accent", "accent-strong") >= READABLE &&
            between("soft", "paper") >= READABLE
          );
        });
      }),
      { numRuns: 1000 },
    );
  });
});
