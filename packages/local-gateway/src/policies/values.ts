import type { AttributeNode, ElementNode, Value } from "../document/nodes.ts";
import type { Position } from "../document/position.ts";
import { compilePolicyExpression } from "../expressions/compile/compile.ts";
import type { Exchange } from "../pipeline/exchange.ts";
import type { PolicyCompiler } from "./element.ts";

/**
 * A value that a policy needs while it runs: constant, or evaluated for each request. Its compiler notes that
 * it reads a body; bodies are in memory by then.
 */
export type Evaluated<T> = (exchange: Exchange) => T;

interface Kind<T> {
  /** The C# type an expression has to give; undefined for any. */
  readonly expected: string | undefined;
  /** @returns undefined when the literal isn't one */
  readonly parse: (literal: string) => T | undefined;
  readonly description: string;
}

const STRING: Kind<string> = { expected: "string", parse: (literal) => literal, description: "a text" };
const ANY: Kind<unknown> = { expected: undefined, parse: (literal) => literal, description: "a value" };
const INT: Kind<number> = {
  expected: "int",
  parse: (literal) => (/^-?\d{1,9}$/.test(literal) ? Number(literal) : undefined),
  description: "an integer",
};
const BOOL: Kind<boolean> = {
  expected: "bool",
  parse: (literal) => (literal === "true" ? true : literal === "false" ? false : undefined),
  description: "true or false",
};

/** Makes a value of a literal or an expression. */
function evaluated<T>(
  value: Value,
  kind: Kind<T>,
  what: string,
  compiler: PolicyCompiler,
  check?: Check<T>,
): Evaluated<T> {
  if (value.kind === "literal") {
    const constant = literal(value, kind, what, compiler);
    const problem = check?.(constant);
    if (problem) compiler.fail(value.position, `${what} ${problem}`);
    return () => constant;
  }
  const expression = compilePolicyExpression(value, compiler.parser, kind.expected);
  if (expression.readsBody) compiler.notesBody();
  return ({ context }) => {
    const result = expression.evaluate(context) as T;
    const problem = check?.(result);
    if (problem) throw new Error(`${what} ${problem}`);
    return result;
  };
}

/** Says what is wrong with a value, if anything. */
export type Check<T> = (value: T) => string | undefined;

function literal<T>(value: Value, kind: Kind<T>, what: string, compiler: PolicyCompiler): T {
  const { text } = value.excerpt;
  const parsed = kind.parse(kind === STRING || kind === ANY ? text : text.trim());
  return parsed ?? compiler.fail(value.position, `${what} is not ${kind.description}: "${text.trim()}"`);
}

function attribute(node: ElementNode, name: string): AttributeNode | undefined {
  return node.attributes.get(name);
}

/** Reads attributes of one element. */
export class AttributeReader {
  readonly #node: ElementNode;
  readonly #compiler: PolicyCompiler;

  constructor(node: ElementNode, compiler: PolicyCompiler) {
    this.#node = node;
    this.#compiler = compiler;
  }

  has(name: string): boolean {
    return this.#node.attributes.has(name);
  }

  position(name: string): Position {
    return attribute(this.#node, name)?.value.position ?? this.#node.position;
  }

  #read<T, D>(name: string, kind: Kind<T>, fallback: D, check?: Check<T>): Evaluated<T | D> {
    const found = attribute(this.#node, name);
    return found ? evaluated(found.value, kind, `"${name}"`, this.#compiler, check) : () => fallback;
  }

  text<D>(name: string, fallback: D): Evaluated<string | D> {
    return this.#read(name, STRING, fallback);
  }

  any<D>(name: string, fallback: D, check?: Check<unknown>): Evaluated<unknown | D> {
    return this.#read(name, ANY, fallback, check);
  }

  int<D>(name: string, fallback: D, check?: Check<number>): Evaluated<number | D> {
    return this.#read(name, INT, fallback, check);
  }

  bool<D>(name: string, fallback: D): Evaluated<boolean | D> {
    return this.#read(name, BOOL, fallback);
  }

  #constant<T, D>(name: string, kind: Kind<T>, fallback: D): T | D {
    const found = attribute(this.#node, name);
    if (!found) return fallback;
    if (found.value.kind !== "literal")
      this.#compiler.fail(found.value.position, `"${name}" cannot be an expression`);
    return literal(found.value, kind, `"${name}"`, this.#compiler);
  }

  /** A text that can't be an expression. */
  constantText<D>(name: string, fallback: D): string | D {
    return this.#constant(name, STRING, fallback);
  }

  constantBool<D>(name: string, fallback: D): boolean | D {
    return this.#constant(name, BOOL, fallback);
  }

  /** One of a few words; an expression's value is checked when it is there. */
  choice<T extends string>(name: string, words: readonly T[], fallback: T): Evaluated<T> {
    const check: Check<string> = (word) =>
      words.includes(word as T) ? undefined : `is "${word}"; it can be ${words.join(", ")}`;
    return this.#read(name, STRING, fallback, check) as Evaluated<T>;
  }
}

/** The text content of an element as string; without the blanks around it. */
export function textContent(node: ElementNode, compiler: PolicyCompiler): Evaluated<string> {
  const value =
    node.text.kind === "literal" ? { ...node.text, excerpt: node.text.excerpt.trim() } : node.text;
  return evaluated(value, STRING, `<${node.name}>`, compiler);
}

/** The text content of an element: literal as it stands, or whatever the expression gives. */
export function anyContent(node: ElementNode, compiler: PolicyCompiler): Evaluated<unknown> {
  return evaluated(node.text, ANY, `<${node.name}>`, compiler);
}

/** The content of a child element that holds a text; undefined without that child. */
export function childText(
  node: ElementNode,
  name: string,
  compiler: PolicyCompiler,
): Evaluated<string> | undefined {
  const child = onlyChild(node, name, compiler);
  return child && textContent(child, compiler);
}

/** The texts that a child element lists; undefined without that child. */
export function childTexts(
  node: ElementNode,
  name: string,
  compiler: PolicyCompiler,
): readonly Evaluated<string>[] | undefined {
  return onlyChild(node, name, compiler)?.children.map((child) => textContent(child, compiler));
}

/** @throws PolicyError when there are several */
export function onlyChild(
  node: ElementNode,
  name: string,
  compiler: PolicyCompiler,
): ElementNode | undefined {
  const [first, second] = node.children.filter((child) => child.name === name);
  if (second) compiler.fail(second.position, `<${name}> stands twice in <${node.name}>`);
  return first;
}
