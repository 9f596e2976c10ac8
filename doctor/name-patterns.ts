/** The expressions of a URI template (RFC 6570). */
const EXPRESSIONS = /\{[^{}]*\}/g;

/**
 * @param pattern of an access rule: `*` stands for any characters, also none; upper and lower case are the same
 * @param listed a name, a URI or a URI template that a server lists
 * @returns whether the pattern matches it, as it is or percent-decoded, or something that the template expands to
 */
export function matchesListed(pattern: string, listed: string): boolean {
  const other = listed.replace(EXPRESSIONS, "*");
  return [other, decoded(other)].some((form) => overlap(pattern.toLowerCase(), form.toLowerCase()));
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

/** @returns whether some text is matched by both patterns */
function overlap(one: string, other: string): boolean {
  // For each length of the other's beginning: whether it overlaps with one's beginning so far.
  let reached = beginnings(other, [true]);
  for (const character of one) {
    const next = Array.from({ length: other.length + 1 }, () => false);
    next[0] = character === "*" && reached[0] === true;
    for (let index = 0; index < other.length; index++) {
      const theirs = other[index];
      next[index + 1] =
        (character === "*" && (reached[index + 1] || next[index])) ||
        (theirs === "*" && (reached[index + 1] || next[index])) ||
        (character === theirs && reached[index]) ||
        false;
    }
    reached = next;
  }
  return reached[other.length] === true;
}

/** An empty pattern overlaps with the beginnings that are nothing but `*`. */
function beginnings(other: string, reached: boolean[]): boolean[] {
  for (const [index, character] of [...other].entries()) {
    reached[index + 1] = character === "*" && reached[index] === true;
  }
  return reached;
}
