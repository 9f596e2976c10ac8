// Expressions become JavaScript: closures that call closures would take several times as long, because V8 compiles each of their
// few bodies once for all expressions. No text of a policy gets into the code but as a JavaScript literal.

/** How the statements of one function end: what `return`, and `break` and `continue` outside of its own loops, become. */
export interface Ending {
  readonly returned: (value: string) => string;
  readonly isInLoop: boolean;
}

/** `return` gives the value itself. */
export const GIVES_VALUE: Ending = { returned: (value) => `return ${value};`, isInLoop: false };
/** The function gives a Completion. */
export const GIVES_COMPLETION: Ending = {
  returned: (value) => `return { returned: ${value} };`,
  isInLoop: false,
};

/** The frame of a depth: 0 is the expression's own. */
export function frameName(depth: number): string {
  return `f${depth}`;
}

/**
 * The body of a function: its temporary values, and the place of what it throws.
 *
 * @param locate name of the function that gives an error its place
 */
export function functionBody(code: string, locate: string): string {
  const temporary = [...new Set(code.match(/\bt\d+\b/g))];
  return `let ${["p = -1", ...temporary].join(", ")}; try { ${code} } catch (error) { throw ${locate}(error, p); }`;
}

/**
 * Makes the function when it is first called: most parts of an expression are never called by themselves.
 *
 * @param code gives the function's body
 * @param depth of the frame that it is called with
 * @param constants the values that the code names $0, $1 and so on
 */
export function lazyFunction<F, T>(
  code: () => string,
  depth: number,
  constants: readonly unknown[],
): (frame: F) => T {
  let made: ((frame: F) => T) | undefined;
  return (frame) => {
    made ??= make(code(), depth, constants);
    return made(frame);
  };
}

function make<F, T>(code: string, depth: number, constants: readonly unknown[]): (frame: F) => T {
  const indexes = [...new Set(code.match(/\$\d+/g))].map((name) => Number(name.slice(1)));
  const used = indexes.filter((index) => index < constants.length);
  const outer = Array.from({ length: depth }, (_, index) => depth - index)
    .map((each) => `const ${frameName(each - 1)} = ${frameName(each)}.outer;`)
    .join(" ");
  const names = used.map((index) => `$${index}`);
  const factory = new Function(...names, `return (${frameName(depth)}) => { ${outer} ${code} };`);
  return factory(...used.map((index) => constants[index])) as (frame: F) => T;
}
