import { PolicyError } from "../errors.ts";
import { readEntity } from "./entities.ts";
import { Excerpt } from "./excerpt.ts";
import { scanExpression } from "./expression-scan.ts";
import { type NamedValues, substituteNamedValues } from "./named-values.ts";
import type { AttributeNode, ElementNode, Value } from "./nodes.ts";
import type { SourceFile } from "./position.ts";
import { classifyValue } from "./value.ts";

/**
 * Reads a policy document or fragment in API Management's "rawxml" form: XML in which quotes, `<` and `&` may stand
 * unescaped inside `@(…)` and `@{…}`.
 *
 * @param namedValues put in wherever `{{name}}` stands in a value
 * @returns the root element
 * @throws PolicyError where the document is not well-formed
 */
export function readPolicyDocument(file: SourceFile, namedValues: NamedValues): ElementNode {
  const reader = new Reader(file, namedValues);
  return reader.document();
}

const NAME = /[A-Za-z_][A-Za-z0-9_.-]*/y;

class Reader {
  readonly #file: SourceFile;
  readonly #text: string;
  readonly #namedValues: NamedValues;
  #at = 0;

  constructor(file: SourceFile, namedValues: NamedValues) {
    this.#file = file;
    this.#text = file.text;
    this.#namedValues = namedValues;
  }

  document(): ElementNode {
    this.#passMisc();
    if (this.#text[this.#at] !== "<") this.#fail("a policy file begins with an element");
    const root = this.#element();
    this.#passMisc();
    if (this.#at < this.#text.length) this.#fail("nothing may follow the document's element");
    return root;
  }

  #fail(problem: string, at: number = this.#at): never {
    throw new PolicyError(this.#file.position(at), problem);
  }

  #startsWith(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #passBlanks(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  /** Blanks, comments and the XML declaration. */
  #passMisc(): void {
    for (;;) {
      this.#passBlanks();
      if (this.#startsWith("<!--")) this.#passThrough("-->", "this comment has no end");
      else if (this.#startsWith("<?")) this.#passThrough("?>", "this processing instruction has no end");
      else return;
    }
  }

  #passThrough(end: string, problem: string): void {
    const found = this.#text.indexOf(end, this.#at + 2);
    if (found === -1) this.#fail(problem);
    this.#at = found + end.length;
  }

  #name(what: string): string {
    NAME.lastIndex = this.#at;
    const match = NAME.exec(this.#text);
    if (!match) this.#fail(`${what} is missing here`);
    this.#at += match[0].length;
    return match[0];
  }

  #element(): ElementNode {
    const start = this.#at;
    this.#at++;
    const name = this.#name("an element's name");
    const attributes = this.#attributes(name);
    const position = this.#file.position(start);
    if (this.#startsWith("/>")) {
      this.#at += 2;
      return { name, position, attributes, children: [], text: this.#value([], this.#at) };
    }
    this.#at++;
    const { children, text } = this.#content(name, start);
    return { name, position, attributes, children, text };
  }

  #attributes(element: string): Map<string, AttributeNode> {
    const attributes = new Map<string, AttributeNode>();
    for (;;) {
      const before = this.#at;
      this.#passBlanks();
      const character = this.#text[this.#at];
      if (character === undefined) this.#fail(`the tag <${element}> has no end`);
      if (character === ">" || this.#startsWith("/>")) return attributes;
      if (before === this.#at) this.#fail("a blank is missing before this attribute");
      const start = this.#at;
      const name = this.#name("an attribute's name");
      if (attributes.has(name)) this.#fail(`the attribute "${name}" stands twice`, start);
      this.#passBlanks();
      if (this.#text[this.#at] !== "=") this.#fail(`"=" is missing behind the attribute "${name}"`);
      this.#at++;
      this.#passBlanks();
      const quote = this.#text[this.#at];
      if (quote !== '"' && quote !== "'") this.#fail(`the value of "${name}" has to stand in quotes`);
      this.#at++;
      const from = this.#at;
      const pieces = this.#run(quote, `the value of "${name}" has no end`);
      this.#at++;
      attributes.set(name, { name, position: this.#file.position(start), value: this.#value(pieces, from) });
    }
  }

  #content(element: string, start: number): { children: ElementNode[]; text: Value } {
    const children: ElementNode[] = [];
    const pieces: Excerpt[] = [];
    const from = this.#at;
    for (;;) {
      pieces.push(...this.#run("<", `<${element}> has no end tag`, start));
      if (this.#startsWith("<!--")) this.#passThrough("-->", "this comment has no end");
      else if (this.#startsWith("<![CDATA[")) pieces.push(this.#characterData());
      else if (this.#startsWith("</")) break;
      else if (this.#startsWith("<!") || this.#startsWith("<?")) {
        this.#fail("document types and processing instructions are not allowed in a policy");
      } else children.push(this.#element());
    }
    const end = this.#at;
    this.#at += 2;
    const name = this.#name("an element's name");
    if (name !== element) this.#fail(`</${name}> stands where </${element}> is expected`, end);
    this.#passBlanks();
    if (this.#text[this.#at] !== ">") this.#fail(`the tag </${name}> has no end`);
    this.#at++;
    return { children, text: this.#value(pieces, from) };
  }

  #characterData(): Excerpt {
    const from = this.#at + "<![CDATA[".length;
    this.#passThrough("]]>", "this CDATA section has no end");
    return Excerpt.of(this.#file, from, this.#at - "]]>".length);
  }

  /** Text up to a quote or tag, past expressions, with its entities decoded. */
  #run(end: string, problem: string, problemAt: number = this.#at): Excerpt[] {
    const pieces: Excerpt[] = [];
    let from = this.#at;
    const flush = () => {
      if (from < this.#at) pieces.push(Excerpt.of(this.#file, from, this.#at));
    };
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) this.#fail(problem, problemAt);
      if (character === end) {
        flush();
        return pieces;
      }
      const second = this.#text[this.#at + 1];
      if (character === "@" && (second === "(" || second === "{")) {
        flush();
        pieces.push(...this.#expression());
        from = this.#at;
      } else if (character === "&") {
        const entity = readEntity(this.#text, this.#at);
        if (!entity) this.#fail('"&" has to be written as "&amp;" here');
        flush();
        pieces.push(this.#decoded(this.#at, entity));
        this.#at += entity.length;
        from = this.#at;
      } else if (character === "<") {
        this.#fail('"<" has to be written as "&lt;" here');
      } else this.#at++;
    }
  }

  #decoded(at: number, entity: { readonly text: string; readonly length: number }): Excerpt {
    return Excerpt.of(this.#file, at, at + entity.length).replace(0, entity.length, entity.text);
  }

  #expression(): Excerpt[] {
    const start = this.#at;
    const scanned = scanExpression(this.#text, start);
    if (!scanned) this.#fail("this expression has no end");
    this.#at = scanned.end;
    if (!scanned.escaped) return [Excerpt.of(this.#file, start, scanned.end)];
    const pieces: Excerpt[] = [];
    let from = start;
    for (let at = start; at < scanned.end; ) {
      const entity = readEntity(this.#text, at);
      if (!entity) {
        at++;
        continue;
      }
      if (from < at) pieces.push(Excerpt.of(this.#file, from, at));
      pieces.push(this.#decoded(at, entity));
      at += entity.length;
      from = at;
    }
    if (from < scanned.end) pieces.push(Excerpt.of(this.#file, from, scanned.end));
    return pieces;
  }

  #value(pieces: readonly Excerpt[], from: number): Value {
    const excerpt = pieces.length > 0 ? Excerpt.join(this.#file, pieces) : Excerpt.of(this.#file, from, from);
    return classifyValue(substituteNamedValues(excerpt, this.#namedValues));
  }
}
