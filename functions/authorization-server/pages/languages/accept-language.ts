/** What a browser sends is a few ranges; nobody reads a thousand languages. */
const MOST_RANGES = 50;

interface LanguageRange {
  /** In lower case; `*` for any. */
  readonly range: string;
  /** From 0, which excludes, to 1. */
  readonly weight: number;
}

/**
 * Chooses a language by `Accept-Language` (RFC 9110 §12.5.4), by lookup (RFC 4647 §3.4): `de-AT` finds `de`. What is
 * malformed is passed over.
 *
 * @param header as it came; null when none did
 * @param available tags of the languages there are
 * @param fallback for a browser that wants none of them
 */
export function acceptedLanguage<Tag extends string>(
  header: string | null,
  available: readonly Tag[],
  fallback: Tag,
): Tag {
  const ranges = (header ?? "").split(",", MOST_RANGES).flatMap(parsed);
  const excluded = new Set(ranges.filter(({ weight }) => weight === 0).map(({ range }) => range));
  const open = available.filter((tag) => !excluded.has(tag.toLowerCase()));
  const wanted = ranges.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  for (const { range } of wanted) {
    const found = range === "*" ? anyOther(open, wanted, fallback) : lookUp(range, open);
    if (found !== undefined) return found;
  }
  return fallback;
}

function parsed(element: string): LanguageRange[] {
  const [, range, weight = "1"] =
    /^[ \t]*([a-z]{1,8}(?:-[a-z0-9]{1,8}){0,8}|\*)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/i.exec(
      element,
    ) ?? [];
  return range === undefined ? [] : [{ range: range.toLowerCase(), weight: Number(weight) }];
}

/** Cuts subtags off the end until a language is found, and a single letter, which only announces the next, with them. */
function lookUp<Tag extends string>(range: string, available: readonly Tag[]): Tag | undefined {
  for (let rest = range; rest !== ""; rest = rest.replace(/(?:-[a-z0-9])?-[a-z0-9]+$|^[^-]*$/, "")) {
    const found = available.find((tag) => tag.toLowerCase() === rest);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `*` stands for what no other range names: the fallback first. */
function anyOther<Tag extends string>(
  open: readonly Tag[],
  wanted: readonly LanguageRange[],
  fallback: Tag,
): Tag | undefined {
  const named = new Set(wanted.map(({ range }) => lookUp(range, open)));
  const others = open.filter((tag) => !named.has(tag));
  return others.includes(fallback) ? fallback : others[0];
}
