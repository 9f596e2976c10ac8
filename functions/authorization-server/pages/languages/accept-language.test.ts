import { describe, expect, it } from "vitest";
import { acceptedLanguage } from "./accept-language.ts";

const TAGS = ["en", "de", "zh-Hant"] as const;

describe("acceptedLanguage", () => {
  it.each([
    [null, "en"],
    ["", "en"],
    ["de", "de"],
    ["DE", "de"],
    ["de-AT", "de"],
    ["de-Latn-AT-1996", "de"],
    ["de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de"],
    ["en-US,en;q=0.9,de;q=0.8", "en"],
    ["en;q=0.2, de;q=0.3", "de"],
    ["fr, de;q=0.1", "de"],
    ["fr, it", "en"],
    ["zh-Hant-TW", "zh-Hant"],
    ["zh-hant-x-pinyin, de", "zh-Hant"],
    // Lookup makes a range shorter, never longer (RFC 4647 §3.4).
    ["zh, de;q=0.1", "de"],
    ["den, d, de1", "en"],
    ["*", "en"],
    ["fr, *;q=0.1", "en"],
    ["en;q=0.1, *", "de"],
    ["en;q=0, *", "de"],
    ["de;q=0, de-AT, en;q=0.1", "en"],
    ["*;q=0", "en"],
    ["de;q=1.000", "de"],
    ["de ; q=0.5", "de"],
    ["de\t;\tq=0.5,fr", "de"],
    // Malformed: passed over.
    ["de;q=2, en;q=0.1", "en"],
    ["de;q=-1", "en"],
    ["de;q=0.1234", "en"],
    ["de;q=", "en"],
    ["de;level=1", "en"],
    ["de_AT", "en"],
    [";;;,,,q=,*-,-de", "en"],
    [",,de", "de"],
    ["ä, de", "de"],
    ["constructor, __proto__", "en"],
    [`${"fr,".repeat(10_000)}de`, "en"],
    ["-".repeat(100_000), "en"],
  ])("finds for %.40j %s", (header, tag) => {
    expect(acceptedLanguage(header, TAGS, "en")).toBe(tag);
  });

  it("takes the fallback for what the browser does not mind", () => {
    expect(acceptedLanguage("fr, *;q=0.5", TAGS, "de")).toBe("de");
    expect(acceptedLanguage("fr", TAGS, "de")).toBe("de");
    expect(acceptedLanguage(null, TAGS, "de")).toBe("de");
  });
});
