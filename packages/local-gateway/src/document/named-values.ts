import { PolicyError } from "../errors.ts";
import type { Excerpt } from "./excerpt.ts";

/** API Management's limit for the value of a named value, in characters. */
const NAMED_VALUE_LIMIT = 4096;

const REFERENCE = /\{\{\s*([A-Za-z0-9._-]+)\s*\}\}/g;

/** Named values by name. */
export type NamedValues = ReadonlyMap<string, string>;

/**
 * Puts named values in for `{{name}}`, textually, also inside expressions.
 *
 * @throws PolicyError when a name is not defined
 */
export function substituteNamedValues(excerpt: Excerpt, values: NamedValues): Excerpt {
  let result = excerpt;
  for (const match of [...excerpt.text.matchAll(REFERENCE)].reverse()) {
    const name = match[1] ?? "";
    const value = values.get(name);
    if (value === undefined) {
      throw new PolicyError(excerpt.position(match.index), `the named value "${name}" is not defined`);
    }
    result = result.replace(match.index, match.index + match[0].length, value);
  }
  return result;
}

/**
 * Checks named values by API Management's rules.
 *
 * @param file what the message names as their place
 * @throws PolicyError when one is too long, refers to another, stands twice or has a wrong name
 */
export function checkNamedValues(
  namedValues: readonly { readonly name: string; readonly value: string }[],
  file: string,
): NamedValues {
  const values = new Map<string, string>();
  const position = { file, line: 1, column: 1 };
  for (const { name, value } of namedValues) {
    const problem = !/^[A-Za-z0-9._-]{1,256}$/.test(name)
      ? "its name is not 1 to 256 letters, digits, periods, dashes and underscores"
      : values.has(name)
        ? "it stands twice"
        : value.length === 0 || value.length > NAMED_VALUE_LIMIT
          ? `its value has ${value.length} characters; 1 to ${NAMED_VALUE_LIMIT} are allowed`
          : value.search(REFERENCE) !== -1
            ? "its value refers to another named value"
            : undefined;
    if (problem) throw new PolicyError(position, `named value "${name}": ${problem}`);
    values.set(name, value);
  }
  return values;
}
