import { raiseNull, UnsupportedAtRunTime } from "../exceptions.ts";
import type { Syntax } from "../syntax/tree.ts";
import { ref, type TypeRef, typeText } from "../type-ref.ts";
import type { ResultType, StaticCall, TypeDefinition } from "../types/definition.ts";
import {
  definitionOf,
  definitionOfRef,
  elementType,
  findMethod,
  findProperty,
  type Member,
} from "../types/registry.ts";
import { type Compilation, type Compiled, SKIPPED } from "./compilation.ts";

/** Evaluates a chain's beginning and then the link, unless there is nothing there. */
export function follow(
  node: Syntax,
  target: Compiled,
  compilation: Compilation,
  link: (self: string) => string,
): string {
  const self = compilation.temporary();
  const skipped = compilation.constant(SKIPPED);
  const nothing = node.conditional ? skipped : `${compilation.constant(raiseNull)}(${compilation.at(node)})`;
  return `((${self} = ${target.code}) === ${skipped} ? ${skipped} : ${self} === null || ${self} === undefined ? ${nothing} : ${link(self)})`;
}

/** The static type of what a member gives, where it is known. */
export function resultType(
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

/** For members that are no methods. */
export const NO_CALL: StaticCall = { argumentTypes: [], typeArguments: [] };

type Find<T> = (type: TypeDefinition, name: string) => Member<T> | undefined;

/** Finds a member by the value's own type: the static one is not known, or the value is of a derived one. */
export function dynamicMember<T>(
  find: Find<T>,
  name: string,
  known: Member<T> | undefined,
): (self: unknown) => T {
  let lastType: TypeDefinition | undefined;
  let lastMember: Member<T> | undefined;
  return (self) => {
    const type = definitionOf(self);
    if (type !== lastType) {
      lastMember = find(type, name) ?? known;
      lastType = type;
    }
    if (lastMember) return lastMember.definition;
    throw new UnsupportedAtRunTime(
      `${type.name} has no member ${name} that is supported in policy expressions`,
    );
  };
}

/** The member of a receiver whose static type is known. */
export function staticMember<T>(
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
