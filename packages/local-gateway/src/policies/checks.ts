import type { ElementNode } from "../document/nodes.ts";
import type { PolicyCompiler } from "./element.ts";

/** An element's name, with its number where several of that name stand together. */
export function numberedName(node: ElementNode, siblings: readonly ElementNode[]): string {
  const same = siblings.filter((sibling) => sibling.name === node.name);
  return same.length > 1 ? `${node.name}[${same.indexOf(node) + 1}]` : node.name;
}

/** @throws PolicyError for an unknown attribute, or when a required one is missing */
export function checkAttributes(
  node: ElementNode,
  allowed: Readonly<Record<string, boolean>>,
  compiler: PolicyCompiler,
): void {
  for (const attribute of node.attributes.values()) {
    if (attribute.name !== "id" && !Object.hasOwn(allowed, attribute.name)) {
      compiler.fail(
        attribute.position,
        `<${node.name}> has no attribute "${attribute.name}" that this gateway supports`,
      );
    }
  }
  for (const [name, required] of Object.entries(allowed)) {
    if (required && !node.attributes.has(name))
      compiler.fail(node.position, `<${node.name}> needs the attribute "${name}"`);
  }
}

/** @throws PolicyError for a child element that has no place there */
export function checkChildren(
  node: ElementNode,
  allowed: readonly string[] | "policies",
  compiler: PolicyCompiler,
): void {
  if (allowed === "policies") {
    checkNoText(node, compiler);
    return;
  }
  for (const child of node.children) {
    if (!allowed.includes(child.name)) {
      compiler.fail(child.position, `<${child.name}> is not allowed in <${node.name}>`);
    }
  }
  if (node.children.length > 0) checkNoText(node, compiler);
}

function checkNoText(node: ElementNode, compiler: PolicyCompiler): void {
  if (node.text.excerpt.text.trim() !== "")
    compiler.fail(node.text.position, `text is not allowed in <${node.name}>`);
}
