import { UNNAMED_CLIENT } from "../clients/client.ts";
import type { Language } from "./languages/language.ts";

/**
 * A client's name, for a sentence of ours: it cannot end its quotation and go on in our words, put them out of sight with
 * blanks, or cover them with towers of accents. A name without a letter, digit or sign to see is none,
 * and then the language's words stand for it.
 */
export function clientNameInText(name: string, { unnamedClient }: Pick<Language, "unnamedClient">): string {
  const shown = name
    .replace(/["“”„‟«»]/g, "'")
    .replace(/[\s\p{Z}\u115F\u1160\u2800\u3164\uFFA0]+/gu, " ")
    .replace(/(\p{M}{4})\p{M}+/gu, "$1")
    .trim();
  const isNone = shown === UNNAMED_CLIENT || !/[\p{L}\p{N}\p{P}\p{S}]/u.test(shown);
  return isNone ? unnamedClient : shown;
}
