import type { ElementNode } from "../document/nodes.ts";
import type { Position } from "../document/position.ts";
import type { CSharpParser } from "../expressions/syntax/parser.ts";
import type { CorsPolicy } from "../pipeline/cors-policy.ts";
import type { Ending, Exchange } from "../pipeline/exchange.ts";
import type { Section, Step } from "../pipeline/step.ts";

/** What a policy element does, once compiled. */
export interface CompiledPolicy {
  readonly run: (exchange: Exchange) => Ending | Promise<Ending>;
  readonly cors?: CorsPolicy;
}

/** What an element is compiled with: its place, and how to compile its children. */
export interface PolicyCompiler {
  readonly section: Section;
  /** Whether set-header and set-body change the response in this section, and not the request. */
  readonly changesResponse: boolean;
  readonly parser: CSharpParser;
  /** Whether an expression compiled with it reads a body. Bodies are in memory when the policy begins. */
  readonly readsBody: boolean;
  notesBody(): void;
  /** @throws PolicyError always */
  fail(position: Position, problem: string): never;
  /** Compiles policies in their order. */
  steps(nodes: readonly ElementNode[]): Step[];
  /** The compiler for what stands inside a child element, `path` being its name in `context.LastError.Path`. */
  inside(path: string): PolicyCompiler;
}

/** What an element may contain. */
export interface ElementShape {
  /** Every attribute but `id`; those with a value of true are required. */
  readonly attributes: Readonly<Record<string, boolean>>;
  /** Child elements by name; "policies" where any policy may stand. */
  readonly children: Readonly<Record<string, ElementShape>> | "policies";
}

/** An element that holds a text alone. */
export const TEXT: ElementShape = { attributes: {}, children: {} };

/** An element that holds others of one name, each a text. */
export function listOf(item: string): ElementShape {
  return { attributes: {}, children: { [item]: TEXT } };
}

/** A policy element: one file each, and a line in the table of policies/table.ts. */
export interface PolicyElement extends ElementShape {
  readonly name: string;
  /** "Policy sections" of its reference page. */
  readonly sections: readonly Section[];
  /**
   * @param node has this shape
   * @throws PolicyError for anything that API Management would refuse
   */
  readonly compile: (node: ElementNode, compiler: PolicyCompiler) => CompiledPolicy;
}

export const EVERYWHERE: readonly Section[] = ["inbound", "backend", "outbound", "on-error"];
