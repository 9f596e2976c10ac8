import { readEntity } from "./entities.ts";

/** The extent of a C# expression inside a policy file's text. */
export interface ScannedExpression {
  /** Offset just behind the closing bracket. */
  readonly end: number;
  /** Whether the file writes the expression with XML entities, as in `@(a &amp;&amp; b)`. */
  readonly escaped: boolean;
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Thrown inside a raw scan when an entity outside every literal shows that the expression is written escaped. */
class Escaped extends Error {}

/**
 * Finds the end of the expression whose `@(` or `@{` stands at `start`, past C# strings (plain, verbatim,
 * interpolated), characters, comments and nested brackets. Quotes, `<` and `&` in it may be raw, or all be entities.
 *
 * @returns undefined when the expression has no end
 */
export function scanExpression(text: string, start: number): ScannedExpression | undefined {
  try {
    const end = new Scanner(text, false).brackets(start + 1);
    return end === undefined ? undefined : { end, escaped: false };
  } catch (error) {
    if (!(error instanceof Escaped)) throw error;
  }
  const end = new Scanner(text, true).brackets(start + 1);
  return end === undefined ? undefined : { end, escaped: true };
}

class Scanner {
  readonly #text: string;
  readonly #escaped: boolean;

  constructor(text: string, escaped: boolean) {
    this.#text = text;
    this.#escaped = escaped;
  }

  /** The character at an offset and the offset behind it. */
  #read(at: number): { character: string; next: number } {
    if (this.#escaped) {
      const entity = readEntity(this.#text, at);
      if (entity) return { character: entity.text, next: at + entity.length };
    }
    return { character: this.#text[at] ?? "", next: at + 1 };
  }

  /** @param at offset of an opening bracket; gives the offset behind its partner */
  brackets(at: number): number | undefined {
    const open = this.#text[at] ?? "";
    const close = CLOSING[open];
    let offset: number | undefined = at + 1;
    while (offset !== undefined && offset < this.#text.length) {
      const { character, next } = this.#read(offset);
      if (character === close) return next;
      if (character in CLOSING) offset = this.brackets(offset);
      else if (character === ")" || character === "]" || character === "}") return undefined;
      else offset = this.#token(offset, character, next);
    }
    return undefined;
  }

  /** Passes one literal, comment or plain character. */
  #token(at: number, character: string, next: number): number | undefined {
    if (character === '"') return this.#string(next);
    if (character === "'") return this.#character(next);
    if (character === "@" || character === "$") return this.#prefixed(at, next);
    if (character === "/") {
      const second = this.#text[next];
      if (second === "/") return this.#until("\n", next);
      if (second === "*") return this.#until("*/", next + 1);
    }
    if (character === "&" && !this.#escaped && readEntity(this.#text, at)) throw new Escaped();
    return next;
  }

  #until(end: string, from: number): number | undefined {
    const found = this.#text.indexOf(end, from);
    return found === -1 ? undefined : found + end.length;
  }

  /** `@"…"`, `$"…"`, `$@"…"`, `@$"…"`, or an `@` of an identifier. */
  #prefixed(at: number, next: number): number | undefined {
    let verbatim = false;
    let interpolated = false;
    let offset = at;
    for (;;) {
      const { character, next: after } = this.#read(offset);
      if (character === "@") verbatim = true;
      else if (character === "$") interpolated = true;
      else if (character === '"') {
        return interpolated ? this.#interpolated(after, verbatim) : this.#verbatim(after);
      } else return next;
      offset = after;
    }
  }

  #string(from: number): number | undefined {
    let offset = from;
    while (offset < this.#text.length) {
      const { character, next } = this.#read(offset);
      if (character === '"') return next;
      if (character === "\n") return undefined;
      offset = character === "\\" ? this.#read(next).next : next;
    }
    return undefined;
  }

  #verbatim(from: number): number | undefined {
    let offset = from;
    while (offset < this.#text.length) {
      const { character, next } = this.#read(offset);
      if (character === '"') {
        const second = this.#read(next);
        if (second.character !== '"') return next;
        offset = second.next;
      } else offset = next;
    }
    return undefined;
  }

  #interpolated(from: number, verbatim: boolean): number | undefined {
    let offset: number | undefined = from;
    while (offset !== undefined && offset < this.#text.length) {
      const { character, next } = this.#read(offset);
      const second = this.#read(next);
      if (character === '"') {
        if (!verbatim || second.character !== '"') return next;
        offset = second.next;
      } else if (character === "\\" && !verbatim) offset = second.next;
      else if (character === "{" && second.character === "{") offset = second.next;
      else if (character === "{") offset = this.brackets(offset);
      else offset = next;
    }
    return undefined;
  }

  #character(from: number): number | undefined {
    const { character, next } = this.#read(from);
    let offset = character === "\\" ? this.#read(next).next : next;
    // '\u0041' and '\x41' have more than one character behind the backslash.
    for (let read = this.#read(offset); offset < from + 16; read = this.#read(offset)) {
      if (read.character === "'") return read.next;
      offset = read.next;
    }
    return undefined;
  }
}
