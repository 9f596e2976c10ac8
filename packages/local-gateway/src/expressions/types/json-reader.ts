import { raise } from "../exceptions.ts";
import { Double } from "../values.ts";
import { parseInstant } from "./date-time-format.ts";
import { DateTime } from "./date-time-values.ts";
import { JArray, JObject, type JToken, JValue } from "./json-values.ts";

/** Deeper documents are refused; Newtonsoft has the same limit by default in current versions. */
const DEEPEST = 64;

const SLASH = 0x2f;
const WORD = /[-+.\w]+/y;
/** What stands in a string before its end or an escape. */
const PLAIN_IN_DOUBLE = /[^"\\]*/y;
const PLAIN_IN_SINGLE = /[^'\\]*/y;

const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,7})?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * Reads JSON as Newtonsoft.Json does: single quotes and comments are allowed, integers are long, and a string
 * that looks like an ISO 8601 date becomes a date.
 *
 * @throws Thrown JsonReaderException
 */
export function readJson(text: string): JToken {
  const reader = new JsonReader(text);
  return reader.document();
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.startsWith("\uFEFF") ? text.slice(1) : text;
  }

  document(): JToken {
    this.#passBlanks();
    if (this.#at >= this.#text.length) {
      raise("JsonReaderException", "Error reading JToken from JsonReader. Path '', line 0, position 0.");
    }
    const token = this.#value(0);
    this.#passBlanks();
    if (this.#at < this.#text.length)
      this.#fail("Additional text encountered after finished reading JSON content");
    return token;
  }

  #fail(problem: string): never {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const position = this.#at - before.lastIndexOf("\n") - 1;
    // The text itself may hold a secret, so the message says only where.
    return raise("JsonReaderException", `${problem}. Path '', line ${line}, position ${position}.`);
  }

  #passBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0xa0) this.#at++;
      else if (code !== SLASH) return;
      else if (this.#text.startsWith("//", this.#at)) this.#passTo("\n");
      else if (this.#text.startsWith("/*", this.#at)) this.#passTo("*/");
      else return;
    }
  }

  #passTo(end: string): void {
    const found = this.#text.indexOf(end, this.#at + 2);
    this.#at = found === -1 ? this.#text.length : found + end.length;
  }

  #value(depth: number): JToken {
    if (depth > DEEPEST)
      raise("JsonReaderException", `The reader's MaxDepth of ${DEEPEST} has been exceeded.`);
    this.#passBlanks();
    const character = this.#text[this.#at];
    if (character === "{") return this.#object(depth);
    if (character === "[") return this.#array(depth);
    if (character === '"' || character === "'") return stringToken(this.#string());
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.#text)?.[0] ?? "";
    const token = wordToken(word);
    if (!token) return this.#fail("Unexpected character encountered while parsing value");
    this.#at += word.length;
    return token;
  }

  #object(depth: number): JObject {
    const object = new JObject();
    this.#at++;
    for (;;) {
      this.#passBlanks();
      if (this.#text[this.#at] === "}") break;
      const name = this.#name();
      this.#passBlanks();
      if (this.#text[this.#at] !== ":")
        this.#fail("Invalid character after parsing property name. Expected ':'");
      this.#at++;
      object.set(name, this.#value(depth + 1));
      if (!this.#comma("}")) break;
    }
    this.#at++;
    return object;
  }

  #array(depth: number): JArray {
    const array = new JArray();
    this.#at++;
    for (;;) {
      this.#passBlanks();
      if (this.#text[this.#at] === "]") break;
      array.add(this.#value(depth + 1));
      if (!this.#comma("]")) break;
    }
    this.#at++;
    return array;
  }

  /** Passes a comma; false at the closing bracket. */
  #comma(close: string): boolean {
    this.#passBlanks();
    const character = this.#text[this.#at];
    if (character === close) return false;
    if (character !== ",") this.#fail("After parsing a value an unexpected character was encountered");
    this.#at++;
    return true;
  }

  #name(): string {
    const character = this.#text[this.#at];
    if (character === '"' || character === "'") return this.#string();
    const identifier = /[A-Za-z_$][\w$]*/y;
    identifier.lastIndex = this.#at;
    const name = identifier.exec(this.#text)?.[0];
    if (name === undefined) return this.#fail("Invalid property identifier character");
    this.#at += name.length;
    return name;
  }

  #string(): string {
    const quote = this.#text[this.#at++];
    let result = "";
    for (;;) {
      const plain = quote === '"' ? PLAIN_IN_DOUBLE : PLAIN_IN_SINGLE;
      plain.lastIndex = this.#at;
      plain.test(this.#text);
      const end = plain.lastIndex;
      if (end > this.#at) result += this.#text.slice(this.#at, end);
      const character = this.#text[end];
      this.#at = end + 1;
      if (character === undefined) return this.#fail("Unterminated string");
      if (character === quote) return result;
      result += this.#escape();
    }
  }

  #escape(): string {
    const simple: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
    const character = this.#text[this.#at++] ?? "";
    if (character === "u") {
      const digits = this.#text.slice(this.#at, this.#at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail("Invalid Unicode escape sequence");
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    if (Object.hasOwn(simple, character)) return simple[character] ?? "";
    if ("\\/\"'".includes(character) && character !== "") return character;
    return this.#fail("Bad JSON escape sequence");
  }
}

function stringToken(text: string): JValue {
  if (!ISO_DATE.test(text)) return new JValue(text);
  const { clock, offset } = parseInstant(text);
  if (offset === undefined) return new JValue(new DateTime(clock, "Unspecified"));
  return new JValue(new DateTime(clock - offset * 60_000, text.endsWith("Z") ? "Utc" : "Local"));
}

function wordToken(word: string): JValue | undefined {
  if (word === "true") return new JValue(true);
  if (word === "false") return new JValue(false);
  if (word === "null" || word === "undefined") return new JValue(null);
  if (/^-?\d+$/.test(word)) return new JValue(BigInt(word));
  if (/^-?\d*\.?\d+([eE][-+]?\d+)?$/.test(word)) return new JValue(new Double(Number(word)));
  return undefined;
}
