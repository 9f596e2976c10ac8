/** A node of a C# syntax tree, with tree-sitter-c-sharp's names for types and fields. */
export interface Syntax {
  readonly type: string;
  readonly text: string;
  /** Offset of its first character in the expression's text. */
  readonly start: number;
  readonly children: readonly Child[];
  /** `?.` and `?[`: the rest of the chain is skipped when what stands before is null. */
  readonly conditional?: boolean;
}

export interface Child {
  readonly node: Syntax;
  readonly field: string | undefined;
  /** False for punctuation and keywords. */
  readonly named: boolean;
}

/** The child under a field name, if there is one. */
export function field(node: Syntax, name: string): Syntax | undefined {
  return node.children.find((child) => child.field === name)?.node;
}

/** The child under a field name that the grammar always gives; the node itself should it be missing. */
export function part(node: Syntax, name: string): Syntax {
  return field(node, name) ?? node;
}

/** All children under a field name, without the punctuation between them. */
export function fields(node: Syntax, name: string): Syntax[] {
  return node.children
    .filter((child) => child.field === name && child.node.text !== ",")
    .map((child) => child.node);
}

/** The children that are not punctuation or keywords. */
export function named(node: Syntax): Syntax[] {
  return node.children.filter((child) => child.named).map((child) => child.node);
}

/** The children of one type. */
export function ofType(node: Syntax, type: string): Syntax[] {
  return node.children.filter((child) => child.node.type === type).map((child) => child.node);
}

/** Makes a node from parts; `start` is the first part's. */
export function makeNode(
  type: string,
  parts: readonly (readonly [field: string | undefined, node: Syntax])[],
  options: { readonly start?: number; readonly conditional?: boolean } = {},
): Syntax {
  return {
    type,
    text: parts.map(([, node]) => node.text).join(" "),
    start: options.start ?? parts[0]?.[1].start ?? 0,
    children: parts.map(([name, node]) => ({ node, field: name, named: node.type !== node.text })),
    ...(options.conditional ? { conditional: true } : {}),
  };
}

const LINK_TYPES = new Set([
  "member_access_expression",
  "element_access_expression",
  "invocation_expression",
]);

/** Whether a `?.` stands somewhere in the chain that ends with this node. */
export function startsConditionally(node: Syntax): boolean {
  if (!LINK_TYPES.has(node.type)) return false;
  return node.conditional === true || startsConditionally(receiverOf(node));
}

/** What stands before a `.`, `[` or `(`. */
export function receiverOf(node: Syntax): Syntax {
  return field(node, "expression") ?? field(node, "function") ?? node;
}
