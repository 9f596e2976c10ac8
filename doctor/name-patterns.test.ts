import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers } from "../config/name-pattern.ts";
import { matchesListed } from "./name-patterns.ts";

describe("GW-12 a rule's pattern matches what a server lists", () => {
  it.each([
    ["whoami", "whoami", true],
    ["WhoAmI", "whoami", true],
    ["whoami", "whoami2", false],
    ["delete_*", "delete_", true],
    ["delete_*", "undelete_note", false],
    ["*", "", true],
    ["*_note", "delete_note", true],
    ["a*b*c", "a1b2c", true],
    ["a*b*c", "a1c", false],
    ["notes://a b", "notes://a%20b", true],
    ["notes://a%20b", "notes://a%20b", true],
    ["notes://x", "notes://%zz", false],
    ["notes://{id}", "notes://7", false],
  ])("%s, %s: %s", (pattern, listed, expected) => {
    expect(matchesListed(pattern, listed)).toBe(expected);
  });

  it.each([
    ["notes://7", "notes://{id}", true],
    ["notes://private/*", "notes://{+path}", true],
    ["notes://private/*", "notes://{folder}/{id}", true],
    ["notes://private/*", "notes://public/{id}", false],
    ["*secret*", "notes://{id}", true],
    ["file:///*", "notes://{id}", false],
  ])("%s, %s as a template: %s", (pattern, listed, expected) => {
    expect(matchesListed(pattern, listed)).toBe(expected);
  });

  it("as the gateway does", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
    fc.assert(
      fc.property(texts, names, (pattern, name) => {
        expect(matchesListed(pattern, name)).toBe(covers(pattern, name));
      }),
    );
  });
});
