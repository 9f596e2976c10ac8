import { castTo, convertImplicitly, isOfType } from "../conversions.ts";
import { field, named, ofType, type Syntax } from "../syntax/tree.ts";
import { arrayOf, ref, type TypeRef } from "../type-ref.ts";
import { int } from "../types/arguments.ts";
import { AnonymousObject } from "../types/json-of-value.ts";
import { defaultValue, definitionOfRef, findIndexer, lineage } from "../types/registry.ts";
import { compileArguments } from "./arguments.ts";
import type { Compilation, Compiled, ExpressionCompiler, Frame, Made } from "./compilation.ts";
import { compileType } from "./types.ts";

type Initializer = (self: unknown, frame: Frame) => void;

function objectCreation(node: Syntax, compilation: Compilation): Made {
  const typeNode = field(node, "type") ?? node;
  const type = compileType(typeNode, compilation);
  const definition = type && definitionOfRef(type);
  const construct = definition?.construct;
  if (!definition || !construct)
    return compilation.fail(typeNode, `${typeNode.text} cannot be created in policy expressions`);
  const list = field(node, "arguments");
  const args = list ? compileArguments(list, compilation) : undefined;
  const count = args?.count ?? 0;
  if (count < construct.count[0] || count > construct.count[1]) {
    compilation.fail(node, `the constructor of ${definition.name} does not take ${count} arguments here`);
  }
  const initializer = field(node, "initializer");
  const initialize = initializer ? compileInitializer(initializer, type, compilation) : [];
  const call = { typeArguments: type.args, elementDefault: null, cast: castTo, isOfType };
  return {
    type,
    run: compilation.placed(node, (frame) => {
      const self = construct.call(args?.run(frame) ?? [], call);
      for (const step of initialize) step(self, frame);
      return self;
    }),
  };
}

/** `{ a, b }`, `{ { key, value } }` and `{ [key] = value }`. */
function compileInitializer(node: Syntax, type: TypeRef, compilation: Compilation): Initializer[] {
  const definition = definitionOfRef(type);
  const add = definition && lineage(definition).find((each) => each.add)?.add;
  const set = definition && findIndexer(definition)?.set;
  return named(node).map((item): Initializer => {
    const left = item.type === "assignment_expression" ? field(item, "left") : undefined;
    if (left) {
      if (left.type !== "element_binding_expression" && left.type !== "element_binding") {
        return compilation.fail(item, "object initializers that set properties are not supported");
      }
      if (!set) return compilation.fail(item, `the elements of ${type.name} cannot be set`);
      const index = compileArguments(left, compilation);
      const value = compilation.expression(field(item, "right") ?? item);
      return (self, frame) => set(self as never, index.run(frame)[0], value.run(frame));
    }
    if (!add) return compilation.fail(item, `${type.name} has no collection initializer`);
    const parts = (item.type === "initializer_expression" ? named(item) : [item]).map((part) =>
      compilation.expression(part),
    );
    return (self, frame) => {
      add(
        self as never,
        parts.map((part) => part.run(frame)),
      );
    };
  });
}

function elements(node: Syntax | undefined, type: TypeRef | undefined, compilation: Compilation): Made {
  const items = node ? named(node).map((item) => compilation.expression(item)) : [];
  const element = type ?? items[0]?.type;
  const known = element && element.name !== "null" && element.name !== "dynamic" ? element : undefined;
  return {
    type: arrayOf(known ?? ref("dynamic")),
    run: (frame) => {
      const values = items.map((item) =>
        known ? convertImplicitly(item.run(frame), type ?? ref("object")) : item.run(frame),
      );
      return known?.name === "byte" ? Uint8Array.from(values as number[]) : values;
    },
  };
}

function arrayCreation(node: Syntax, compilation: Compilation): Made {
  const typeNode = field(node, "type") ?? node;
  const element = compileType(field(typeNode, "type") ?? typeNode, compilation);
  const initializer = ofType(node, "initializer_expression")[0];
  if (initializer) return elements(initializer, element, compilation);
  const rank = ofType(typeNode, "array_rank_specifier")[0];
  const sizeNode = rank && named(rank)[0];
  if (!sizeNode) return compilation.fail(node, "an array needs a size or an initializer");
  const size = compilation.expression(sizeNode);
  const fill = defaultValue(element);
  return {
    type: arrayOf(element ?? ref("dynamic")),
    run: (frame) => {
      const length = int(size.run(frame));
      return element?.name === "byte" ? new Uint8Array(length) : Array.from({ length }, () => fill);
    },
  };
}

function anonymousObject(node: Syntax, compilation: Compilation): Made {
  const members: { name: string; value: Compiled }[] = [];
  const parts = named(node);
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? node;
    // `a = 1` comes as a name followed by its value; `b` and `x.b` name themselves.
    const equals =
      node.children[node.children.findIndex((child) => child.node === part) + 1]?.node.text === "=";
    if (equals) at++;
    const value = equals ? (parts[at] ?? node) : part;
    const name = equals ? part.text : part.type === "identifier" ? part.text : field(part, "name")?.text;
    if (name === undefined) return compilation.fail(part, "a member of an anonymous object needs a name");
    members.push({ name, value: compilation.expression(value) });
  }
  return {
    type: ref("dynamic"),
    run: (frame) => new AnonymousObject(new Map(members.map(({ name, value }) => [name, value.run(frame)]))),
  };
}

function defaultExpression(node: Syntax, compilation: Compilation): Made {
  const written = field(node, "type");
  const type = written && compileType(written, compilation);
  const value = defaultValue(type);
  return { type: type ?? ref("null"), run: () => value };
}

/** `new`, arrays, anonymous objects and `default`. */
export const creations: Readonly<Record<string, ExpressionCompiler>> = {
  object_creation_expression: objectCreation,
  array_creation_expression: arrayCreation,
  implicit_array_creation_expression: (node, compilation) =>
    elements(ofType(node, "initializer_expression")[0], undefined, compilation),
  anonymous_object_creation_expression: anonymousObject,
  default_expression: defaultExpression,
};
