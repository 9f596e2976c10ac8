import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { Examined } from "../examine.ts";
import { checkLines, summaryLines } from "./table.ts";

const check = {
  name: "clock",
  title: "Clock",
  needs: [],
  catalogue: {},
  examine: async () => ({ findings: [] }),
};
const fine: Examined = { check, outcome: "fine", findings: [], fine: "0 s apart" };
const wrong: Examined = {
  check,
  outcome: "error",
  findings: [
    {
      code: "clock-skew",
      level: "error",
      what: "The gateway's clock is 600 s ahead of this machine's.",
      why: "Tokens look expired.",
      mend: [
        "The setting GATEWAY is wrong:",
        "azd provision --a-command-that-is-longer-than-the-line-and-still-is-not-broken",
      ],
    },
  ],
};
const left: Examined = { check, outcome: "not-checked", findings: [], notChecked: 'needs "Connection"' };
const plain = { colour: false, width: 60 };

describe("the table", () => {
  it("says what is wrong, why, and what mends it", () => {
    expect(checkLines(wrong, plain)).toBe(
      [
        "WRONG    Clock",
        "         clock-skew: The gateway's clock is 600 s ahead of",
        "         this machine's.",
        "         Tokens look expired.",
        "         > The setting GATEWAY is wrong:",
        "         $ azd provision --a-command-that-is-longer-than-the-line-and-still-is-not-broken",
      ].join("\n"),
    );
    expect(checkLines(fine, plain)).toBe("ok       Clock                          0 s apart");
    expect(checkLines(left, plain)).toMatch(/^- {8}Clock +not checked: needs\n +"Connection"$/);
  });

  it("says the same with colour and without", () => {
    for (const each of [wrong, fine, left]) {
      const coloured = checkLines(each, { ...plain, colour: true });
      expect(coloured).not.toBe(checkLines(each, plain));
      expect(stripVTControlCharacters(coloured)).toBe(checkLines(each, plain));
    }
  });

  it("counts at its end, and says which commands are for Azure", () => {
    expect(summaryLines([fine, left], { ...plain, local: true }).trim()).toBe(
      "Nothing is wrong. 1 ok, 1 not checked.",
    );
    const text = summaryLines([fine, wrong], { ...plain, local: true });
    expect(text).toContain("1 check finds something wrong. 1 ok, 0 not checked.");
    expect(text).toContain("This gateway runs on this machine");
    expect(summaryLines([wrong], { ...plain, local: false })).not.toContain("this machine");
  });
});
