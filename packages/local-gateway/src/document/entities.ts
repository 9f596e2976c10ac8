const NAMED: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };

/**
 * Reads an XML entity or character reference.
 *
 * @param at index of its "&"
 * @returns what it stands for and how many characters it takes; undefined when there is none at `at`
 */
export function readEntity(
  text: string,
  at: number,
): { readonly text: string; readonly length: number } | undefined {
  if (text[at] !== "&") return undefined;
  const end = text.indexOf(";", at);
  if (end === -1 || end - at > 10) return undefined;
  const name = text.slice(at + 1, end);
  const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (named !== undefined) return { text: named, length: end - at + 1 };
  const code = /^#x[0-9a-f]+$/i.test(name)
    ? Number.parseInt(name.slice(2), 16)
    : /^#[0-9]+$/.test(name)
      ? Number.parseInt(name.slice(1), 10)
      : Number.NaN;
  if (!(code > 0 && code <= 0x10ffff)) return undefined;
  return { text: String.fromCodePoint(code), length: end - at + 1 };
}
