import { assert, constantFrom, oneof, property, string, tuple } from "fast-check";
import { describe, it } from "vitest";
import { acceptedLanguage } from "./accept-language.ts";

const TAGS = ["en", "de", "pt-BR"] as const;

describe("acceptedLanguage", () => {
  it("gives one of the languages there are, whatever the header holds", () => {
    const piece = oneof(
      string({ unit: "binary" }),
      constantFrom(",", ";", "q=", "*", "de", "-", "0.5", " ", "1"),
    );
    assert(
      property(tuple(piece, piece, piece, piece, piece, piece), constantFrom(...TAGS), (pieces, fallback) =>
        TAGS.includes(acceptedLanguage(pieces.join(""), TAGS, fallback)),
      ),
    );
  });

  it("gives a language that is wanted most and there is, in any letter case, however its region is called", () => {
    assert(
      property(
        constantFrom(...TAGS),
        constantFrom("", "-AT", "-Latn-CH", "-x-mine"),
        constantFrom(...TAGS),
        (tag, rest, fallback) =>
          acceptedLanguage(`fr, ${`${tag}${rest}`.toUpperCase()};q=0.9, *;q=0.1`, TAGS, fallback) === tag,
      ),
    );
  });
});
