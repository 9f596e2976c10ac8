import { NetException, Thrown } from "../exceptions.ts";
import type { Syntax } from "../syntax/tree.ts";
import { typeText } from "../type-ref.ts";
import type { Compilation, Frame } from "./compilation.ts";

/** Fails at load when a condition's static type is known not to be bool. */
export function compileCondition(
  node: Syntax,
  compilation: Compilation,
): { readonly run: (frame: Frame) => boolean; readonly code: string } {
  const { type, code } = compilation.expression(node);
  if (type && (type.name !== "bool" || type.nullable)) {
    compilation.fail(node, `this is ${typeText(type)}, where bool is expected`);
  }
  if (type) return { code, run: compilation.function(() => `return ${code};`) };
  const bool = (value: unknown): boolean => {
    if (typeof value === "boolean") return value;
    throw new Thrown(
      new NetException("RuntimeBinderException", "The condition is not a bool"),
      compilation.position(node),
    );
  };
  const checked = `${compilation.constant(bool)}(${code})`;
  return { code: checked, run: compilation.function(() => `return ${checked};`) };
}

/** `throw value`. */
export function compileThrow(node: Syntax, compilation: Compilation): (frame: Frame) => never {
  const value = compilation.expression(node);
  return (frame) => {
    const exception = value.run(frame);
    if (exception instanceof NetException) throw new Thrown(exception, compilation.position(node));
    throw new Thrown(
      new NetException("NullReferenceException", "Only exceptions can be thrown"),
      compilation.position(node),
    );
  };
}
