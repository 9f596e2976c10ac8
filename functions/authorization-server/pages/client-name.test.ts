import { describe, expect, it } from "vitest";
import { UNNAMED_CLIENT } from "../clients/client.ts";
import { clientNameInText } from "./client-name.ts";
import { languages } from "./languages/languages.ts";

const UNNAMED = "Eine Anwendung ohne Namen";

describe("CON-6 a client's name in our text", () => {
  it.each([
    ["keeps an ordinary name", "Claude Code (beta) – v2", "Claude Code (beta) – v2"],
    ["keeps names in any script", "Кодекс אבג कोड", "Кодекс אבג कोड"],
    ["keeps emoji", "Bot 😀", "Bot 😀"],
    ["cannot end its quotation", "Bot” to read nothing. Allow “Evil", "Bot' to read nothing. Allow 'Evil"],
    ["cannot push our words away", `Bot${"\u00a0".repeat(50)}\u3000\u3164.`, "Bot ."],
    ["cannot cover our words", `B${"\u0301".repeat(60)}ot`, `B${"\u0301".repeat(4)}ot`],
    ["is none when it is only blanks and fillers", "\u3164\u2800 \u115F\uFFA0\u00a0", UNNAMED],
    ["is none when it is only marks", "\u034F\uFE0F\u0301", UNNAMED],
    ["is none when it is empty", "", UNNAMED],
    ["is none when the client gave none", UNNAMED_CLIENT, UNNAMED],
  ])("%s", (_, name, shown) => {
    expect(clientNameInText(name, languages.de)).toBe(shown);
  });
});
