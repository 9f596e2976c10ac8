import type { Excerpt } from "../../document/excerpt.ts";
import type { Position } from "../../document/position.ts";
import { PolicyError } from "../../errors.ts";
import type { PolicyContext } from "../context/policy-context.ts";
import { Thrown, UnsupportedAtRunTime } from "../exceptions.ts";
import { type Syntax, startsConditionally } from "../syntax/tree.ts";
import type { TypeRef } from "../type-ref.ts";
import { type Ending, frameName, functionBody, GIVES_COMPLETION, lazyFunction } from "./code.ts";

/** The values of one call: of the expression itself, of a lambda, or of one turn of a loop. */
export interface Frame {
  readonly context: PolicyContext;
  readonly values: unknown[];
  readonly outer: Frame | undefined;
}

/** An expression ready to run. */
export interface Compiled {
  /** Its static type; undefined where only the value will tell. */
  readonly type: TypeRef | undefined;
  readonly run: (frame: Frame) => unknown;
  /** The same as a JavaScript expression. */
  readonly code: string;
}

/** An expression as its compiler makes it, a function or JavaScript: the compilation makes one of the other. */
export type Made =
  | { readonly type: TypeRef | undefined; readonly run: (frame: Frame) => unknown; readonly code?: string }
  | { readonly type: TypeRef | undefined; readonly run?: undefined; readonly code: string };

/** How a statement ended: undefined when the next one follows. */
export type Completion = undefined | typeof BREAK | typeof CONTINUE | { readonly returned: unknown };
export const BREAK = Symbol("break");
export const CONTINUE = Symbol("continue");

export type StatementFunction = (frame: Frame) => Completion;

export interface CompiledStatement {
  readonly run: StatementFunction;
  /** The same as JavaScript. */
  readonly code: (ending: Ending) => string;
}

/** A statement as its compiler makes it. */
export type MadeStatement = StatementFunction | { readonly code: CompiledStatement["code"] };

/** What a chain of `?.` gives while the rest of it is skipped. */
export const SKIPPED = Symbol("skipped");

/** Compiles one expression of the C# grammar. */
export type ExpressionCompiler = (node: Syntax, compilation: Compilation) => Made;

/** Compiles one statement of the C# grammar; `result` is the type that a `return` has to give, if any. */
export type StatementCompiler = (
  node: Syntax,
  compilation: Compilation,
  result: TypeRef | undefined,
) => MadeStatement;

/** Every supported construct, by tree-sitter-c-sharp's name of its node. */
export interface Grammar {
  readonly expressions: Readonly<Record<string, ExpressionCompiler>>;
  readonly statements: Readonly<Record<string, StatementCompiler>>;
}

interface Variable {
  readonly scope: FrameScope;
  readonly index: number;
  readonly type: TypeRef | undefined;
}

/** The slots of one kind of frame. */
class FrameScope {
  readonly outer: FrameScope | undefined;
  readonly depth: number;
  slots = 0;

  constructor(outer: FrameScope | undefined) {
    this.outer = outer;
    this.depth = outer ? outer.depth + 1 : 0;
  }
}

/** A variable's place, seen from where it is used. */
export interface Place {
  readonly type: TypeRef | undefined;
  readonly get: (frame: Frame) => unknown;
  readonly set: (frame: Frame, value: unknown) => void;
  /** As JavaScript that can be assigned; undefined for what is thrown away. */
  readonly code?: string;
}

/** What is known while one expression is compiled: its text, its grammar, and the variables in sight. */
export class Compilation {
  readonly excerpt: Excerpt;
  readonly #grammar: Grammar;
  /** Whether it may read a message body, so that bodies have to be in memory before it runs. */
  readsBody = false;
  readonly #constants: unknown[] = [];
  readonly #constantNames = new Map<unknown, string>();
  readonly #places: Syntax[] = [];
  #temporary = 0;
  #frame = new FrameScope(undefined);
  #names: Map<string, Variable>[] = [new Map()];

  constructor(excerpt: Excerpt, grammar: Grammar) {
    this.excerpt = excerpt;
    this.#grammar = grammar;
  }

  /**
   * Compiles an expression.
   *
   * @throws PolicyError naming the construct, when it isn't supported
   */
  expression(node: Syntax): Compiled {
    const compiled = this.link(node);
    if (!startsConditionally(node)) return compiled;
    const { code, type } = compiled;
    const value = this.temporary();
    return this.whole({
      type: type && { ...type, nullable: true },
      code: `((${value} = ${code}) === ${this.constant(SKIPPED)} ? null : ${value})`,
    });
  }

  /** Compiles what stands before a `.`, `[` or `(`: it may give SKIPPED, and the rest of the chain passes that on. */
  link(node: Syntax): Compiled {
    return this.whole(this.#compilerOf(this.#grammar.expressions, node)(node, this));
  }

  /** What an expression's compiler made, in both forms. */
  whole({ type, run, code }: Made): Compiled {
    if (run) return { type, run, code: code ?? `${this.constant(run)}(${this.frame})` };
    return { type, code, run: this.function(() => `return ${code};`) };
  }

  /** The name of the frame that the code at this place runs with. */
  get frame(): string {
    return frameName(this.#frame.depth);
  }

  /** A name by which the code knows a value. */
  constant(value: unknown): string {
    const known = this.#constantNames.get(value);
    if (known !== undefined) return known;
    const name = `$${this.#constants.push(value) - 1}`;
    this.#constantNames.set(value, name);
    return name;
  }

  /** A name for a value that the code keeps while it evaluates one expression. */
  temporary(): string {
    return `t${this.#temporary++}`;
  }

  /** Code that says where what is thrown next comes from. */
  at(node: Syntax): string {
    return `p = ${this.#places.push(node) - 1}`;
  }

  /** The code of a function's body, with what gives errors their place. */
  body(code: string): string {
    return functionBody(code, this.constant(this.#locate));
  }

  readonly #locate = (error: unknown, index: number): unknown => {
    const node = this.#places[index];
    return node ? this.withPlace(error, node) : error;
  };

  /** The function of a body that runs with the frames at this place. */
  function<T>(code: () => string): (frame: Frame) => T {
    return lazyFunction(() => this.body(code()), this.#frame.depth, this.#constants);
  }

  /**
   * Compiles a statement.
   *
   * @param result type that its `return` has to give; undefined for any
   * @throws PolicyError naming the construct, when it isn't supported
   */
  statement(node: Syntax, result: TypeRef | undefined): CompiledStatement {
    return this.wholeStatement(this.#compilerOf(this.#grammar.statements, node)(node, this, result));
  }

  wholeStatement(made: MadeStatement): CompiledStatement {
    if (typeof made === "object") return { ...made, run: this.function(() => made.code(GIVES_COMPLETION)) };
    const call = `${this.constant(made)}(${this.frame})`;
    const isBreak = this.constant(BREAK);
    const completion = this.temporary();
    return {
      run: made,
      code: ({ returned, isInLoop }) => {
        const leave = isInLoop
          ? `if (${completion} === ${isBreak}) break; continue;`
          : `return ${completion};`;
        return `${completion} = ${call}; if (${completion} !== undefined) { if (typeof ${completion} === "object") ${returned(`${completion}.returned`)} ${leave} }`;
      },
    };
  }

  #compilerOf<T>(compilers: Readonly<Record<string, T>>, node: Syntax): T {
    const compiler = Object.hasOwn(compilers, node.type) ? compilers[node.type] : undefined;
    return (
      compiler ?? this.fail(node, `the C# construct ${node.type} is not supported: ${node.text.slice(0, 60)}`)
    );
  }

  position(node: Syntax): Position {
    return this.excerpt.position(node.start);
  }

  fail(node: Syntax, problem: string): never {
    throw new PolicyError(this.position(node), problem);
  }

  /** A part of the expression that gives what it throws its place in the file. */
  placed<T>(node: Syntax, run: (frame: Frame) => T): (frame: Frame) => T {
    return (frame) => {
      try {
        return run(frame);
      } catch (error) {
        throw this.withPlace(error, node);
      }
    };
  }

  /** What an expression threw, with the place in the file unless it has one already. */
  withPlace(error: unknown, node: Syntax): unknown {
    if (error instanceof Thrown || error instanceof UnsupportedAtRunTime)
      error.position ??= this.position(node);
    return error;
  }

  /** Compiles a part whose variables are in sight only there. */
  inBlock<T>(compile: () => T): T {
    this.#names.push(new Map());
    try {
      return compile();
    } finally {
      this.#names.pop();
    }
  }

  /** Compiles a part that runs in its own frames. */
  inFrame<T>(compile: () => T): T {
    this.#frame = new FrameScope(this.#frame);
    try {
      return this.inBlock(compile);
    } finally {
      this.#frame = this.#frame.outer ?? this.#frame;
    }
  }

  /** @throws PolicyError when the name is taken */
  declare(node: Syntax, name: string, type: TypeRef | undefined): Place {
    if (name === "_") return { type, get: () => null, set: () => {} };
    if (name === "context" || this.#find(name)) this.fail(node, `the variable "${name}" is already declared`);
    const variable: Variable = { scope: this.#frame, index: this.#frame.slots++, type };
    this.#names.at(-1)?.set(name, variable);
    return this.#place(variable);
  }

  variable(name: string): Place | undefined {
    const found = this.#find(name);
    return found && this.#place(found);
  }

  #find(name: string): Variable | undefined {
    return this.#names.findLast((names) => names.has(name))?.get(name);
  }

  #place({ scope, index, type }: Variable): Place {
    const code = `${frameName(scope.depth)}.values[${index}]`;
    let depth = 0;
    for (let each: FrameScope | undefined = this.#frame; each && each !== scope; each = each.outer) depth++;
    if (depth === 0) {
      return {
        type,
        code,
        get: (frame) => frame.values[index] ?? null,
        set: (frame, value) => {
          frame.values[index] = value;
        },
      };
    }
    const at = (frame: Frame): unknown[] => {
      let found = frame;
      for (let level = 0; level < depth; level++) found = found.outer ?? found;
      return found.values;
    };
    return {
      type,
      code,
      get: (frame) => at(frame)[index] ?? null,
      set: (frame, value) => {
        at(frame)[index] = value;
      },
    };
  }
}
