import { castTo, unbox } from "../conversions.ts";
import { raiseNull, Thrown, UnsupportedAtRunTime } from "../exceptions.ts";
import type { Syntax } from "../syntax/tree.ts";
import { field, named } from "../syntax/tree.ts";
import { ref, type TypeRef, typeText } from "../type-ref.ts";
import type {
  Call,
  Method,
  ResultType,
  StaticCall,
  StaticMethod,
  TypeDefinition,
} from "../types/definition.ts";
import {
  defaultValue,
  definitionOf,
  definitionOfRef,
  elementType,
  findIndexer,
  findMethod,
  findProperty,
  isEnumerableType,
  type Member,
} from "../types/registry.ts";
import { type CompiledArguments, compileArguments } from "./arguments.ts";
import { type Compilation, type Compiled, type Frame, SKIPPED } from "./compilation.ts";
import { compileExpression, compileLink, type ExpressionCompiler } from "./expressions.ts";
import { compileType, namedType } from "./types.ts";

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

function receiverOf(node: Syntax): Syntax {
  return field(node, "expression") ?? field(node, "function") ?? node;
}

/** Runs a member and gives what it throws its place in the file. */
function placed<T>(compilation: Compilation, node: Syntax, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Thrown || error instanceof UnsupportedAtRunTime)
      error.position ??= compilation.position(node);
    throw error;
  }
}

/** Evaluates a chain's beginning and then the link, unless there is nothing there. */
function follow(
  node: Syntax,
  target: Compiled,
  compilation: Compilation,
  link: (self: unknown, frame: Frame) => unknown,
): Compiled["run"] {
  const { conditional } = node;
  return (frame) => {
    const self = target.run(frame);
    if (self === SKIPPED) return SKIPPED;
    if (self === null || self === undefined) {
      return conditional ? SKIPPED : placed(compilation, node, raiseNull);
    }
    return placed(compilation, node, () => link(self, frame));
  };
}

function resultType(
  type: ResultType | undefined,
  receiver: TypeRef | undefined,
  owner: TypeDefinition,
  call: StaticCall,
): TypeRef | undefined {
  if (type === undefined) return undefined;
  if (typeof type === "string") return ref(type);
  const element = owner.name === "IEnumerable" ? elementType(receiver) : undefined;
  const seen =
    owner.name === "IEnumerable" ? { name: "IEnumerable", args: element ? [element] : [] } : receiver;
  const result = type(seen, call);
  return result?.name === "dynamic" || result?.name === "null" ? undefined : result;
}

const NO_CALL: StaticCall = { argumentTypes: [], typeArguments: [] };

type Find<T> = (type: TypeDefinition, name: string) => Member<T> | undefined;

/** A member by the value's own type, for when the static type is not known or the value is of a derived one. */
function dynamicMember<T>(find: Find<T>, self: unknown, name: string, known: Member<T> | undefined): T {
  const found = find(definitionOf(self), name) ?? known;
  if (found) return found.definition;
  throw new UnsupportedAtRunTime(
    `${definitionOf(self).name} has no member ${name} that is supported in policy expressions`,
  );
}

/** The member of a receiver whose static type is known. */
function staticMember<T>(
  find: Find<T>,
  nameNode: Syntax,
  compilation: Compilation,
  type: TypeRef | undefined,
  name: string,
): Member<T> | undefined {
  const definition = type && definitionOfRef(type);
  if (!definition || !type) return undefined;
  const member = find(definition, name);
  if (member) return member;
  if (findProperty(definition, name)) compilation.fail(nameNode, `${name} is not a method`);
  if (findMethod(definition, name)) compilation.fail(nameNode, `${name} is a method; call it with ()`);
  return compilation.fail(
    nameNode,
    `${typeText(type)} has no member "${name}" that is supported in policy expressions`,
  );
}

/** A static method used as a delegate: `.Where(char.IsDigit)`. */
function methodGroup(method: StaticMethod): Compiled {
  const call: Call = { typeArguments: [], elementDefault: null, cast: castTo };
  const delegate = (...args: unknown[]) =>
    method.call(args.slice(0, Math.max(1, method.count[0])), call) ?? null;
  return { type: undefined, run: () => delegate };
}

function memberAccess(node: Syntax, compilation: Compilation): Compiled {
  const nameNode = field(node, "name") ?? node;
  const name = nameNode.text;
  const receiver = receiverOf(node);
  const owner = namedType(receiver, compilation);
  if (owner) {
    const member = owner.statics?.[name];
    const method = owner.staticMethods?.[name];
    if (!member && method) return methodGroup(method);
    if (!member)
      return compilation.fail(
        nameNode,
        `${owner.name} has no static member "${name}" that is supported in policy expressions`,
      );
    return { type: member.type === undefined ? undefined : ref(member.type), run: member.get };
  }
  const target = compileLink(receiver, compilation);
  if (name === "Body") compilation.readsBody = true;
  const ofNullable = target.type?.nullable && nullableProperty(name, target);
  if (ofNullable) return ofNullable;
  const known = staticMember(findProperty, nameNode, compilation, target.type, name);
  return {
    type: known && resultType(known.definition.type, target.type, known.owner, NO_CALL),
    run: follow(node, target, compilation, (self) =>
      dynamicMember(findProperty, self, name, known).get(self as never),
    ),
  };
}

/** `HasValue` and `Value` of a nullable value type. */
function nullableProperty(name: string, target: Compiled): Compiled | undefined {
  const value = target.type && defaultValue({ ...target.type, nullable: false });
  if (value === null || value === undefined || !target.type) return undefined;
  const run = (frame: Frame) => {
    const self = target.run(frame);
    return self === SKIPPED ? null : self;
  };
  if (name === "HasValue") return { type: ref("bool"), run: (frame) => run(frame) !== null };
  if (name !== "Value") return undefined;
  return {
    type: { ...target.type, nullable: false },
    run: (frame) => run(frame) ?? raiseNull(),
  };
}

function elementAccess(node: Syntax, compilation: Compilation): Compiled {
  const target = compileLink(receiverOf(node), compilation);
  const list = field(node, "subscript") ?? node;
  const index = compileArguments(list, compilation);
  if (index.count !== 1) return compilation.fail(list, "an indexer takes one argument here");
  const definition = target.type && definitionOfRef(target.type);
  const known = definition && findIndexer(definition);
  if (definition && !known)
    return compilation.fail(list, `${typeText(target.type ?? ref("object"))} cannot be indexed`);
  return {
    type: known && definition && resultType(known.type, target.type, definition, NO_CALL),
    run: follow(node, target, compilation, (self, frame) =>
      indexerOf(self).get(self as never, index.run(frame)[0]),
    ),
  };
}

function indexerOf(self: unknown): NonNullable<TypeDefinition["indexer"]> {
  const indexer = findIndexer(definitionOf(self));
  if (indexer) return indexer;
  throw new UnsupportedAtRunTime(`${definitionOf(self).name} cannot be indexed`);
}

/** An assignment's left side `target[index]`. */
export function compileElementSetter(
  node: Syntax,
  compilation: Compilation,
): { readonly type: TypeRef | undefined; readonly set: (frame: Frame, value: unknown) => void } {
  const target = compileExpression(receiverOf(node), compilation);
  const index = compileArguments(field(node, "subscript") ?? node, compilation);
  const definition = target.type && definitionOfRef(target.type);
  const known = definition && findIndexer(definition);
  if (definition && !known?.set)
    compilation.fail(node, `the elements of ${typeText(target.type ?? ref("object"))} cannot be set`);
  return {
    type: known && definition && resultType(known.type, target.type, definition, NO_CALL),
    set: (frame, value) => {
      placed(compilation, node, () => {
        const self = target.run(frame) ?? raiseNull();
        const { set } = indexerOf(self);
        if (!set) throw new UnsupportedAtRunTime(`the elements of ${definitionOf(self).name} cannot be set`);
        set(self as never, index.run(frame)[0], value);
      });
    },
  };
}

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

function invocation(node: Syntax, compilation: Compilation): Compiled {
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

  const target = compileLink(receiverOf(callee), compilation);
  if (target.type?.nullable && name === "GetValueOrDefault")
    return nullableOrDefault(target, list, compilation);
  const known = staticMember(findMethod, nameNode, compilation, target.type, name);
  const element = elementType(target.type);
  const args = compileArguments(list, compilation, {
    parameters: known?.definition.parameters ?? PARAMETERS[name],
    lambdaTypes: lambdaTypes(name, element),
  });
  if (known) checkCount(list, compilation, name, known.definition.count, args.count);
  const call: Call = { typeArguments, elementDefault: defaultValue(element), cast: castFor(name) };
  return {
    type:
      known &&
      resultType(known.definition.type, target.type, known.owner, {
        typeArguments,
        argumentTypes: args.types,
      }),
    run: follow(callee, target, compilation, (self, frame) => {
      const method = dynamicMember(findMethod, self, name, known);
      return invoke(method, self, args, call, frame);
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

function invoke(method: Method, self: unknown, args: CompiledArguments, call: Call, frame: Frame): unknown {
  const values = args.run(frame);
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
): Compiled {
  const method = owner.staticMethods?.[name];
  if (!method)
    return compilation.fail(
      nameNode,
      `${owner.name} has no static method "${name}" that is supported in policy expressions`,
    );
  const args = compileArguments(list, compilation, { parameters: method.parameters });
  checkCount(list, compilation, `${owner.name}.${name}`, method.count, args.count);
  const call: Call = { typeArguments, elementDefault: null, cast: castTo };
  return {
    type: resultType(method.type, undefined, owner, { typeArguments, argumentTypes: args.types }),
    run: (frame) => placed(compilation, node, () => method.call(args.run(frame), call) ?? null),
  };
}

function delegateCall(callee: Syntax, list: Syntax, compilation: Compilation): Compiled {
  const target = compileExpression(callee, compilation);
  const args = compileArguments(list, compilation);
  return {
    type: undefined,
    run: (frame) => {
      const self = target.run(frame);
      if (typeof self === "function") return placed(compilation, callee, () => self(...args.run(frame)));
      throw new UnsupportedAtRunTime(`"${callee.text}" cannot be called`, compilation.position(callee));
    },
  };
}

function nullableOrDefault(target: Compiled, list: Syntax, compilation: Compilation): Compiled {
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

/** Member access, indexing and calls. */
export const links: Readonly<Record<string, ExpressionCompiler>> = {
  member_access_expression: memberAccess,
  element_access_expression: elementAccess,
  invocation_expression: invocation,
};

/** Whether a value can be gone through; used where only the value tells. */
export function canEnumerate(type: TypeRef | undefined): boolean {
  const definition = type && definitionOfRef(type);
  return !definition || isEnumerableType(definition);
}
