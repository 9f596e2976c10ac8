import type { ElementNode } from "../document/nodes.ts";
import type { ElementShape, PolicyCompiler } from "./element.ts";

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

/** @throws PolicyError for attributes, child elements and text that have no place in an element of this shape */
export function checkShape(node: ElementNode, shape: ElementShape, compiler: PolicyCompiler): void {
  checkAttributes(node, shape.attributes, compiler);
  const isPolicies = shape.children === "policies";
  if ((isPolicies || node.children.length > 0) && node.text.excerpt.text.trim() !== "")
    compiler.fail(node.text.position, `text is not allowed in <${node.name}>`);
  if (shape.children === "policies") return;
  for (const child of node.children) {
    const inner = Object.hasOwn(shape.children, child.name) ? shape.children[child.name] : undefined;
    if (!inner) compiler.fail(child.position, `<${child.name}> is not allowed in <${node.name}>`);
    else checkShape(child, inner, compiler);
  }
}
