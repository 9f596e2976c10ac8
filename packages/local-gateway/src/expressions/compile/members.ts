import { castTo, isOfType } from "../conversions.ts";
import { raiseNull, UnsupportedAtRunTime } from "../exceptions.ts";
import { field, receiverOf, type Syntax } from "../syntax/tree.ts";
import { ref, type TypeRef, typeText } from "../type-ref.ts";
import type { Call, StaticMethod, TypeDefinition } from "../types/definition.ts";
import { defaultValue, definitionOf, definitionOfRef, findIndexer, findProperty } from "../types/registry.ts";
import { compileArguments } from "./arguments.ts";
import {
  type Compilation,
  type Compiled,
  type ExpressionCompiler,
  type Frame,
  type Made,
  SKIPPED,
} from "./compilation.ts";
import { dynamicMember, follow, NO_CALL, resultType, staticMember } from "./member-lookup.ts";
import { namedType } from "./types.ts";

/** A static method used as a delegate: `.Where(char.IsDigit)`. */
function methodGroup(method: StaticMethod): Made {
  const call: Call = { typeArguments: [], elementDefault: null, cast: castTo, isOfType };
  const delegate = (...args: unknown[]) =>
    method.call(args.slice(0, Math.max(1, method.count[0])), call) ?? null;
  return { type: undefined, run: () => delegate };
}

function memberAccess(node: Syntax, compilation: Compilation): Made {
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
  const target = compilation.link(receiver);
  if (name === "Body") compilation.readsBody = true;
  const ofNullable = target.type?.nullable && nullableProperty(name, target);
  if (ofNullable) return ofNullable;
  const known = staticMember(findProperty, nameNode, compilation, target.type, name);
  const property = dynamicMember(findProperty, name, known);
  return {
    type: known && resultType(known.definition.type, target.type, known.owner, NO_CALL),
    code: follow(node, target, compilation, (self) => {
      const get = `${compilation.constant(property)}(${self}, ${compilation.at(node)}).get(${self})`;
      return known?.owner.name === "string" ? `(typeof ${self} === "string" ? ${self}.length : ${get})` : get;
    }),
  };
}

/** `HasValue` and `Value` of a nullable value type. */
function nullableProperty(name: string, target: Compiled): Made | undefined {
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

function elementAccess(node: Syntax, compilation: Compilation): Made {
  const target = compilation.link(receiverOf(node));
  const list = field(node, "subscript") ?? node;
  const index = compileArguments(list, compilation);
  if (index.count !== 1) return compilation.fail(list, "an indexer takes one argument here");
  const definition = target.type && definitionOfRef(target.type);
  const known = definition && findIndexer(definition);
  if (definition && !known)
    return compilation.fail(list, `${typeText(target.type ?? ref("object"))} cannot be indexed`);
  return {
    type: known && definition && resultType(known.type, target.type, definition, NO_CALL),
    code: follow(
      node,
      target,
      compilation,
      (self) =>
        `${compilation.constant(indexerOf)}(${self}, ${compilation.at(node)}).get(${self}, ${index.code}, ${compilation.at(node)})`,
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
  const target = compilation.expression(receiverOf(node));
  const index = compileArguments(field(node, "subscript") ?? node, compilation);
  const definition = target.type && definitionOfRef(target.type);
  const known = definition && findIndexer(definition);
  if (definition && !known?.set)
    compilation.fail(node, `the elements of ${typeText(target.type ?? ref("object"))} cannot be set`);
  return {
    type: known && definition && resultType(known.type, target.type, definition, NO_CALL),
    set: (frame, value) => {
      try {
        const self = target.run(frame) ?? raiseNull();
        const { set } = indexerOf(self);
        if (!set) throw new UnsupportedAtRunTime(`the elements of ${definitionOf(self).name} cannot be set`);
        set(self as never, index.run(frame)[0], value);
      } catch (error) {
        throw compilation.withPlace(error, node);
      }
    },
  };
}

/** Member access and indexing. */
export const members: Readonly<Record<string, ExpressionCompiler>> = {
  member_access_expression: memberAccess,
  element_access_expression: elementAccess,
};
