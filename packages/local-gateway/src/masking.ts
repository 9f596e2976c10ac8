const MASK = "***";

/** How often a text may be JSON inside JSON in one log line: the line, a `<trace>`'s message, and a text in that. */
const NESTED_JSON = 3;

/** Replaces secrets in a text. */
export type Masking = (text: string) => string;

/**
 * @param secrets whole values, not parts of them
 * @returns what replaces each of them in a text, also where it is written as JSON
 */
export function masking(secrets: readonly string[]): Masking {
  const written = [...new Set(secrets.flatMap(asWritten))].sort((a, b) => b.length - a.length);
  return (text) => written.reduce((masked, secret) => masked.replaceAll(secret, () => MASK), text);
}

function asWritten(secret: string): string[] {
  const forms = [secret];
  for (let depth = 0; depth < NESTED_JSON; depth++) forms.push(JSON.stringify(forms.at(-1)).slice(1, -1));
  return forms.filter((form) => form !== "");
}
