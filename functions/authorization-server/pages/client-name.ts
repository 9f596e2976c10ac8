import { visibleText } from "../../../config/rules/visible-text.ts";
import { UNNAMED_CLIENT } from "../clients/client.ts";
import type { Language } from "./languages/language.ts";

/** A client's name as pages show it. */
interface ShownName {
  readonly text: string;
  /** The whole name, where `text` is only its beginning. */
  readonly whole?: string;
}

const characters = new Intl.Segmenter();

/** Code points. Two lines of a page on a phone. */
const LONGEST = 60;

/** Quotation marks, and marks that look like one: accents, primes, modifier letters, ornaments, ditto, gershayim, saltillo. */
const QUOTE = /[\p{Quotation_Mark}\p{Pi}\p{Pf}`´ʹ-ʿˊˋ˝ˮ˴-˶՚՛՝׳״ߴߵ′-‷⁗❛-❠❮❯〃Ꞌꞌ｀🙶-🙸]/gu;

/** More accents on one letter than any script needs would cover what stands around it. */
const MARKS = /(\p{M}{4})\p{M}+/gu;

/**
 * Makes a name safe to show: without invisible characters, quotation marks or towers of accents, and not too long. Names that
 * were stored before these rules get the same treatment. A name without a letter, digit or sign to see is none, and then the
 * language's words stand for it.
 */
export function shownName(name: string, { unnamedClient }: Pick<Language, "unnamedClient">): ShownName {
  const visible = visibleText(name).replace(QUOTE, "'").replace(MARKS, "$1");
  if (visible === UNNAMED_CLIENT || !/[\p{L}\p{N}\p{P}\p{S}]/u.test(visible)) return { text: unnamedClient };
  const text = beginning(visible);
  return text === visible ? { text } : { text: `${text.trimEnd()}…`, whole: visible };
}

/** Cuts between what a person sees as characters, where one of them is not longer than all that is shown. */
function beginning(name: string): string {
  let length = 0;
  let end = 0;
  for (const { segment, index } of characters.segment(name)) {
    length += [...segment].length;
    if (length > LONGEST) break;
    end = index + segment.length;
  }
  return end > 0 ? name.slice(0, end) : [...name].slice(0, LONGEST).join("");
}
