import { field, named, type Syntax } from "../syntax/tree.ts";
import { arrayOf, ref, type TypeRef } from "../type-ref.ts";
import type { TypeDefinition } from "../types/definition.ts";
import { findType, isNamespace } from "../types/registry.ts";
import type { Compilation } from "./compilation.ts";

/**
 * Reads a type from source; `var` gives undefined.
 *
 * @throws PolicyError when expressions may not use the type, or this gateway doesn't know it
 */
export function compileType(node: Syntax, compilation: Compilation): TypeRef | undefined {
  switch (node.type) {
    case "implicit_type":
      return undefined;
    case "nullable_type": {
      const inner = compileType(named(node)[0] ?? node, compilation);
      return inner && { ...inner, nullable: true };
    }
    case "array_type": {
      const ranks = node.children.filter((child) => child.field === "rank");
      if (ranks.length !== 1 || ranks[0]?.node.text.includes(","))
        compilation.fail(node, "multidimensional arrays are not supported");
      return arrayOf(compileType(field(node, "type") ?? node, compilation) ?? ref("dynamic"));
    }
    case "generic_name": {
      const [name, list] = named(node);
      const args = named(list ?? node).map((arg) => compileType(arg, compilation) ?? ref("dynamic"));
      return { ...known(name ?? node, name?.text ?? "", compilation), args };
    }
    case "qualified_name": {
      const last = named(node).at(-1) ?? node;
      const qualifier = field(node, "qualifier")?.text.replaceAll(/\s/g, "") ?? "";
      if (!isNamespace(qualifier)) compilation.fail(node, `there is no type "${node.text}"`);
      return compileType(last, compilation);
    }
    case "predefined_type":
    case "identifier":
      if (node.text === "var") return undefined;
      if (node.text === "dynamic") return ref("dynamic");
      return known(node, node.text, compilation);
    default:
      return compilation.fail(node, `the type "${node.text}" (${node.type}) is not supported`);
  }
}

function known(node: Syntax, name: string, compilation: Compilation): TypeRef {
  const definition = findType(name);
  if (!definition) return compilation.fail(node, `the type "${name}" is not supported in policy expressions`);
  return ref(definition.name);
}

/** The type that an expression names: `Regex`, `System.Text.Encoding`; undefined when it is something else. */
export function namedType(node: Syntax, compilation: Compilation): TypeDefinition | undefined {
  if (node.type === "predefined_type") return findType(node.text);
  if (node.type === "identifier") {
    return compilation.variable(node.text) || node.text === "context" ? undefined : findType(node.text);
  }
  if (node.type !== "member_access_expression") return undefined;
  return isNamespace(dotted(field(node, "expression")) ?? "")
    ? findType(field(node, "name")?.text ?? "")
    : undefined;
}

function dotted(node: Syntax | undefined): string | undefined {
  if (node?.type === "identifier") return node.text;
  if (node?.type !== "member_access_expression") return undefined;
  const before = dotted(field(node, "expression"));
  return before && `${before}.${field(node, "name")?.text ?? ""}`;
}
