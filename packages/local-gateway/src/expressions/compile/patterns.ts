import { isOfType } from "../conversions.ts";
import { field, named, type Syntax } from "../syntax/tree.ts";
import { ref, type TypeRef } from "../type-ref.ts";
import { valueEquals } from "../values.ts";
import type { Compilation, Compiled, ExpressionCompiler, Frame } from "./compilation.ts";
import { compileType, namedType } from "./types.ts";

const BOOL = ref("bool");

/** Whether a value fits a pattern; a declaration pattern also sets its variable. */
export type Pattern = (value: unknown, frame: Frame) => boolean;

/**
 * Compiles the pattern of `is` or `case`.
 *
 * @throws PolicyError for patterns that are newer than C# 7
 */
export function compilePattern(node: Syntax, compilation: Compilation): Pattern {
  switch (node.type) {
    case "constant_pattern":
      return constantPattern(named(node)[0] ?? node, compilation);
    case "declaration_pattern": {
      const type = compileType(field(node, "type") ?? node, compilation);
      const name = field(node, "name");
      const place = name && compilation.declare(name, name.text, type);
      return (value, frame) => {
        if (type && !isOfType(value, type)) return false;
        place?.set(frame, value);
        return true;
      };
    }
    case "var_pattern": {
      const name = named(node).at(-1) ?? node;
      const place = compilation.declare(name, name.text, undefined);
      return (value, frame) => {
        place.set(frame, value);
        return true;
      };
    }
    case "type_pattern": {
      const type = compileType(named(node)[0] ?? node, compilation);
      return (value) => !type || isOfType(value, type);
    }
    case "discard":
      return () => true;
    default:
      return compilation.fail(
        node,
        `the C# construct ${node.type} is not supported: policy expressions are C# 7`,
      );
  }
}

function constantPattern(node: Syntax, compilation: Compilation): Pattern {
  const type = namedType(node, compilation);
  if (type) return (value) => isOfType(value, ref(type.name));
  const { run } = compilation.expression(node);
  return (value, frame) => {
    const constant = run(frame);
    return constant === null ? value === null || value === undefined : valueEquals(value, constant);
  };
}

function test(node: Syntax, compilation: Compilation): { value: Compiled; type: TypeRef | undefined } {
  return {
    value: compilation.expression(field(node, "left") ?? node),
    type: compileType(field(node, "right") ?? node, compilation),
  };
}

/** `is` and `as`. */
export const patterns: Readonly<Record<string, ExpressionCompiler>> = {
  is_expression: (node, compilation) => {
    const { value, type } = test(node, compilation);
    return { type: BOOL, run: (frame) => type !== undefined && isOfType(value.run(frame), type) };
  },
  is_constant_expression: (node, compilation) => {
    const value = compilation.expression(field(node, "left") ?? node);
    const matches = constantPattern(field(node, "right") ?? node, compilation);
    return { type: BOOL, run: (frame) => matches(value.run(frame), frame) };
  },
  is_pattern_expression: (node, compilation) => {
    const value = compilation.expression(field(node, "expression") ?? node);
    const matches = compilePattern(field(node, "pattern") ?? node, compilation);
    return { type: BOOL, run: (frame) => matches(value.run(frame), frame) };
  },
  as_expression: (node, compilation) => {
    const { value, type } = test(node, compilation);
    return {
      type,
      run: (frame) => {
        const result = value.run(frame);
        return type && isOfType(result, type) ? result : null;
      },
    };
  },
};
