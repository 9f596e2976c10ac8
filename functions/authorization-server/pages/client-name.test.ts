import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UNNAMED_CLIENT } from "../clients/client.ts";
import { shownName } from "./client-name.ts";
import { languages } from "./languages/languages.ts";

const UNNAMED = "Eine Anwendung ohne Namen";
const shown = (name: string) => shownName(name, languages.de);

describe("CON-6 a client's name on our pages", () => {
  it.each([
    ["keeps an ordinary name", "Claude Code (beta) – v2", "Claude Code (beta) – v2"],
    ["keeps names in any script", "Кодекс אבג कोड クロード 코드 Größe", "Кодекс אבג कोड クロード 코드 Größe"],
    ["keeps emoji", "Bot 😀", "Bot 😀"],
    [
      "has no quotation mark to end ours",
      "Bot” to read nothing. Allow “Evil",
      "Bot' to read nothing. Allow 'Evil",
    ],
    [
      "has no ornament that looks like one",
      "Claude❞ to use all? Allow ❝Claude",
      "Claude' to use all? Allow 'Claude",
    ],
    ["cannot push our words away", `Bot${"\u00a0".repeat(50)}\u3000\u3164.`, "Bot ."],
    ["cannot cover our words", `B${"\u0301".repeat(60)}ot`, `B${"\u0301".repeat(4)}ot`],
    [
      "cannot cover them with a mark between the marks",
      `x${"\u0301\u034F".repeat(60)}`,
      `x${"\u0301".repeat(4)}`,
    ],
    ["is none when it is only blanks and fillers", "\u3164\u2800 \u115F\uFFA0\u00a0", UNNAMED],
    ["is none when it is only marks", "\u034F\uFE0F\u0301", UNNAMED],
    ["is none when it is a note without a head", "\u{1D159}", UNNAMED],
    ["is none when it is empty", "", UNNAMED],
    ["is none when the client gave none", UNNAMED_CLIENT, UNNAMED],
  ])("%s", (_, name, text) => {
    expect(shown(name)).toEqual({ text });
  });

  it.each(
    Object.entries({
      ascii: '"`',
      latin: "«»‹›‘’‚‛“”„‟´",
      ornaments: "❛❜❝❞❟❠❮❯🙶🙷🙸",
      cjk: "「」『』〝〞〟〃﹁﹂﹃﹄＂＇｢｣",
      primes: "′″‴‵‶‷⁗",
      letters: "ʹʺʻʼʽʾʿˊˋ˝ˮ״׳՚ߴߵ",
      dotted: "⸂⸃⸄⸅⸉⸊⸌⸍⸜⸝⸠⸡⹂",
    }),
  )("has each of the quotation marks (%s) as the one that we do not quote with: %s", (_, marks) => {
    for (const mark of marks) expect(shown(`a${mark}b`)).toEqual({ text: "a'b" });
  });

  it.each(
    [
      [
        "0020",
        "00A0",
        "1680",
        "2003",
        "200A",
        "202F",
        "205F",
        "3000",
        "2800",
        "FFFC",
        "13441",
        "16FE4",
        "1D159",
      ],
    ].flat(),
  )("has U+%s, which looks like a blank, as one", (point) => {
    const blank = String.fromCodePoint(Number.parseInt(point, 16));
    expect(shown(`a${blank}${blank} b`)).toEqual({ text: "a b" });
    expect(shown(blank)).toEqual({ text: UNNAMED });
  });

  it.each(
    [
      [
        "00AD",
        "061C",
        "115F",
        "1160",
        "17B4",
        "180E",
        "200B",
        "200D",
        "200E",
        "202E",
        "2060",
        "2066",
        "206F",
      ],
      [
        "3164",
        "E000",
        "FE0F",
        "FEFF",
        "FFA0",
        "FFF9",
        "0378",
        "1D173",
        "E0041",
        "E0100",
        "10FFFF",
        "0000",
        "0085",
      ],
    ].flat(),
  )("has no U+%s, which shows nothing", (point) => {
    expect(shown(`a${String.fromCodePoint(Number.parseInt(point, 16))}b`)).toEqual({ text: "ab" });
  });

  it("is its beginning where it is long, and the whole beside it", () => {
    const fits = "W".repeat(60);
    expect(shown(fits)).toEqual({ text: fits });
    expect(shown(`${fits}W`)).toEqual({ text: `${fits}…`, whole: `${fits}W` });
    expect(shown(`${"W".repeat(59)} and more`).text).toBe(`${"W".repeat(59)}…`);
    // What one sees as one character is not cut in two, unless it is longer than all that is shown.
    expect(shown(`${"W".repeat(58)}e\u0323\u0302\u0301\u0308x`).text).toBe(`${"W".repeat(58)}…`);
    expect(shown("\u1100".repeat(200)).text).toBe(`${"\u1100".repeat(60)}…`);
  });

  it("shows, whatever it is, some visible text of bounded length, without quotes and invisible characters", () => {
    const character = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
      fc.constantFrom(..."aא“❞\u0301\u034F\u200D\u202E\u2800\u3000\u1100".split(""), "\u{1D159}", "\ud800"),
    );
    fc.assert(
      fc.property(fc.array(character, { maxLength: 256 }), (characters) => {
        const { text, whole = "" } = shown(characters.join(""));
        expect(text).toMatch(/[\p{L}\p{N}\p{P}\p{S}]/u);
        expect(text).toBe(text.trim());
        expect([...text].length).toBeLessThanOrEqual(61);
        for (const each of [text, whole]) {
          expect(each).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\p{M}{5}|\p{Zs}{2}/u);
          expect(each).not.toMatch(/(?!')[\p{Quotation_Mark}\p{Pi}\p{Pf}]/u);
        }
      }),
      { numRuns: 300 },
    );
  });
});
