import type { Excerpt } from "./excerpt.ts";
import type { Position } from "./position.ts";

/** The value of an attribute or the text of an element. */
export interface Value {
  /**
   * `literal`: the text itself; `expression`: what stands between `@(` and `)`; `block`: what stands
   * between `@{` and `}`.
   */
  readonly kind: "literal" | "expression" | "block";
  readonly excerpt: Excerpt;
  readonly position: Position;
}

export interface AttributeNode {
  readonly name: string;
  readonly position: Position;
  readonly value: Value;
}

export interface ElementNode {
  readonly name: string;
  readonly position: Position;
  readonly attributes: ReadonlyMap<string, AttributeNode>;
  readonly children: readonly ElementNode[];
  /** All text of the element in one, without its children's; comments are left out. */
  readonly text: Value;
}

/** An element's name, with its number where several of that name stand together. */
export function numberedName(node: ElementNode, siblings: readonly ElementNode[]): string {
  const same = siblings.filter((sibling) => sibling.name === node.name);
  return same.length > 1 ? `${node.name}[${same.indexOf(node) + 1}]` : node.name;
}
