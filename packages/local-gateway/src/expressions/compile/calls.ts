import { castTo, isOfType, unbox } from "../conversions.ts";
import { UnsupportedAtRunTime } from "../exceptions.ts";
import { field, named, receiverOf, type Syntax } from "../syntax/tree.ts";
import { ref, type TypeRef } from "../type-ref.ts";
import type { Call, Method, TypeDefinition } from "../types/definition.ts";
import { defaultValue, elementType, findMethod } from "../types/registry.ts";
import { compileArguments } from "./arguments.ts";
import {
  type Compilation,
  type Compiled,
  type ExpressionCompiler,
  type Made,
  SKIPPED,
} from "./compilation.ts";
import { dynamicMember, follow, resultType, staticMember } from "./member-lookup.ts";
import { compileType, namedType } from "./types.ts";

/** A method's name and type arguments: `As<JObject>`. */
function calledName(node: Syntax, compilation: Compilation): { name: string; typeArguments: TypeRef[] } {
  if (node.type !== "generic_name") return { name: node.text, typeArguments: [] };
  const [name, list] = named(node);
  const typeArguments = named(list ?? node).map((type) => compileType(type, compilation) ?? ref("dynamic"));
  return { name: name?.text ?? "", typeArguments };
}

function checkCount(
  node: Syntax,
  compilation: Compilation,
  name: string,
  count: readonly [number, number],
  given: number,
): void {
  if (given < count[0] || given > count[1]) {
    compilation.fail(node, `${name} does not take ${given} argument${given === 1 ? "" : "s"} here`);
  }
}

function invocation(node: Syntax, compilation: Compilation): Made {
  const callee = field(node, "function") ?? node;
  const list = field(node, "arguments") ?? node;
  if (callee.type === "identifier" && callee.text === "nameof") {
    const operand =
      list.text
        .replaceAll(/[()\s]/g, "")
        .split(".")
        .at(-1) ?? "";
    return { type: ref("string"), run: () => operand };
  }
  if (callee.type !== "member_access_expression") return delegateCall(callee, list, compilation);
  const nameNode = field(callee, "name") ?? callee;
  const { name, typeArguments } = calledName(nameNode, compilation);
  const owner = namedType(receiverOf(callee), compilation);
  if (owner) return staticCall(node, nameNode, owner, name, typeArguments, list, compilation);

  const target = compilation.link(receiverOf(callee));
  if (target.type?.nullable && name === "GetValueOrDefault")
    return nullableOrDefault(target, list, compilation);
  const known = staticMember(findMethod, nameNode, compilation, target.type, name);
  const element = elementType(target.type);
  const args = compileArguments(list, compilation, {
    parameters: known?.definition.parameters ?? PARAMETERS[name],
    lambdaTypes: lambdaTypes(name, element),
  });
  if (known) checkCount(list, compilation, name, known.definition.count, args.count);
  const call: Call = { typeArguments, elementDefault: defaultValue(element), cast: castFor(name), isOfType };
  const method = dynamicMember(findMethod, name, known);
  return {
    type:
      known &&
      resultType(known.definition.type, target.type, known.owner, {
        typeArguments,
        argumentTypes: args.types,
      }),
    code: follow(callee, target, compilation, (self) => {
      const rest = `[${args.code}], ${compilation.constant(call)}, ${compilation.at(callee)}`;
      const called = `${compilation.constant(invoke)}(${compilation.constant(method)}(${self}, ${compilation.at(callee)}), ${self}, ${rest})`;
      if (known?.owner.name !== "string") return called;
      // Nothing derives from string.
      const own = `${compilation.constant(known.definition.call)}(${self}, ${rest})`;
      return `(typeof ${self} === "string" ? (${own} ?? null) : ${called})`;
    }),
  };
}

/** Parameter names of methods that are called on a value whose type isn't known. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = { As: ["preserveContent"] };

/** `GetValueOrDefault<T>` of the context unboxes; everything else converts. */
function castFor(name: string): Call["cast"] {
  return name === "GetValueOrDefault" ? unbox : castTo;
}

function lambdaTypes(name: string, element: TypeRef | undefined): readonly (TypeRef | undefined)[] {
  return name === "Aggregate" || name === "Zip" ? [] : [element, ref("int")];
}

function invoke(method: Method, self: unknown, values: readonly unknown[], call: Call): unknown {
  if (values.length < method.count[0] || values.length > method.count[1]) {
    throw new UnsupportedAtRunTime(`the method does not take ${values.length} arguments`);
  }
  return method.call(self as never, values, call) ?? null;
}

function staticCall(
  node: Syntax,
  nameNode: Syntax,
  owner: TypeDefinition,
  name: string,
  typeArguments: TypeRef[],
  list: Syntax,
  compilation: Compilation,
): Made {
  const method = owner.staticMethods?.[name];
  if (!method)
    return compilation.fail(
      nameNode,
      `${owner.name} has no static method "${name}" that is supported in policy expressions`,
    );
  const args = compileArguments(list, compilation, { parameters: method.parameters });
  checkCount(list, compilation, `${owner.name}.${name}`, method.count, args.count);
  const call: Call = { typeArguments, elementDefault: null, cast: castTo, isOfType };
  return {
    type: resultType(method.type, undefined, owner, { typeArguments, argumentTypes: args.types }),
    code: `(${compilation.constant(method.call)}([${args.code}], ${compilation.constant(call)}, ${compilation.at(node)}) ?? null)`,
  };
}

function delegateCall(callee: Syntax, list: Syntax, compilation: Compilation): Made {
  const target = compilation.expression(callee);
  const args = compileArguments(list, compilation);
  return {
    type: undefined,
    run: compilation.placed(callee, (frame) => {
      const self = target.run(frame);
      if (typeof self === "function") return self(...args.run(frame));
      throw new UnsupportedAtRunTime(`"${callee.text}" cannot be called`);
    }),
  };
}

function nullableOrDefault(target: Compiled, list: Syntax, compilation: Compilation): Made {
  const args = compileArguments(list, compilation);
  const type = target.type && { ...target.type, nullable: false };
  return {
    type,
    run: (frame) => {
      const self = target.run(frame);
      if (self !== null && self !== SKIPPED) return self;
      return args.count > 0 ? args.run(frame)[0] : defaultValue(type);
    },
  };
}

/** Calls of methods and delegates. */
export const calls: Readonly<Record<string, ExpressionCompiler>> = { invocation_expression: invocation };
