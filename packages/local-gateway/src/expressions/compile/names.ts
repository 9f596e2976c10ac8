import type { Syntax } from "../syntax/tree.ts";
import { ref } from "../type-ref.ts";
import { findType } from "../types/registry.ts";
import type { Compilation, ExpressionCompiler, Made } from "./compilation.ts";

const contextType = ref("IProxyRequestContext");

function identifier(node: Syntax, compilation: Compilation): Made {
  const name = node.text.replace(/^@/, "");
  const variable = compilation.variable(name);
  if (variable) return { type: variable.type, code: `(${variable.code ?? null} ?? null)` };
  if (name === "context") return { type: contextType, code: `${compilation.frame}.context` };
  if (findType(name)) return compilation.fail(node, `"${name}" is a type; a member of it is expected here`);
  return compilation.fail(
    node,
    `the name "${name}" does not exist; expressions see "context" and their own variables`,
  );
}

/** Names. */
export const names: Readonly<Record<string, ExpressionCompiler>> = { identifier };
