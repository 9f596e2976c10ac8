import { enumerate } from "../collections.ts";
import { NetException, Thrown } from "../exceptions.ts";
import { field, fields, part, type Syntax } from "../syntax/tree.ts";
import { ref, type TypeRef, typeText } from "../type-ref.ts";
import { canEnumerate, elementType } from "../types/registry.ts";
import {
  BREAK,
  type Compilation,
  type Completion,
  type MadeStatement,
  type StatementCompiler,
  type StatementFunction,
} from "./compilation.ts";
import { compileCondition } from "./conditions.ts";
import { assigned, declaration, effect } from "./statements.ts";
import { compileType } from "./types.ts";

/** A loop that turns more often is taken to be endless, as API Management's time limit would. */
const MOST_TURNS = 1_000_000;

/** Runs one turn of a loop; true when the loop is to end. */
function endsLoop(completion: Completion): boolean {
  return completion === BREAK || typeof completion === "object";
}

function afterLoop(completion: Completion): Completion {
  return typeof completion === "object" ? completion : undefined;
}

/** Counts the turns of a loop and stops an endless one. */
function turnCounter(node: Syntax, compilation: Compilation): () => void {
  let turns = 0;
  return () => {
    if (++turns > MOST_TURNS) {
      throw new Thrown(
        new NetException("InvalidOperationException", "The loop does not end"),
        compilation.position(node),
      );
    }
  };
}

/** A loop's body: each turn runs in its own frame, so that lambdas keep what they saw. */
function turn(body: Syntax, compilation: Compilation, result: TypeRef | undefined): StatementFunction {
  const { run } = compilation.inFrame(() => compilation.statement(body, result));
  return (frame) => run({ context: frame.context, values: [], outer: frame });
}

function whileLoop(node: Syntax, compilation: Compilation, result: TypeRef | undefined): MadeStatement {
  const { run: condition } = compileCondition(part(node, "condition"), compilation);
  const body = turn(part(node, "body"), compilation, result);
  return (frame) => {
    const count = turnCounter(node, compilation);
    while (condition(frame)) {
      count();
      const completion = body(frame);
      if (endsLoop(completion)) return afterLoop(completion);
    }
    return undefined;
  };
}

function doLoop(node: Syntax, compilation: Compilation, result: TypeRef | undefined): MadeStatement {
  const body = turn(part(node, "body"), compilation, result);
  const { run: condition } = compileCondition(part(node, "condition"), compilation);
  return (frame) => {
    const count = turnCounter(node, compilation);
    do {
      count();
      const completion = body(frame);
      if (endsLoop(completion)) return afterLoop(completion);
    } while (condition(frame));
    return undefined;
  };
}

function forLoop(node: Syntax, compilation: Compilation, result: TypeRef | undefined): MadeStatement {
  return compilation.inBlock(() => {
    const initializers = fields(node, "initializer").map((each) =>
      each.type === "variable_declaration" ? declaration(each, compilation) : effect(each, compilation),
    );
    const conditionNode = field(node, "condition");
    const condition = conditionNode ? compileCondition(conditionNode, compilation).code : "true";
    const updates = fields(node, "update").map((each) => compilation.expression(each).code);
    const counter = compilation.constant(() => turnCounter(node, compilation));
    const count = compilation.temporary();
    const outer = compilation.frame;
    return compilation.inFrame(() => {
      const body = compilation.statement(part(node, "body"), result);
      const turnFrame = newFrame(compilation.frame, outer);
      return {
        code: (ending) =>
          `${initializers.map(({ code }) => code(ending)).join(" ")} ${count} = ${counter}(); for (; ${condition}; ${updates.join(", ")}) { ${count}(); ${turnFrame} ${body.code({ ...ending, isInLoop: true })} }`,
      };
    });
  });
}

/** Each turn runs in its own frame. */
function newFrame(name: string, outer: string): string {
  return `const ${name} = { context: ${outer}.context, values: [], outer: ${outer} };`;
}

function foreachLoop(node: Syntax, compilation: Compilation, result: TypeRef | undefined): MadeStatement {
  const source = compilation.expression(part(node, "right"));
  if (!canEnumerate(source.type))
    compilation.fail(part(node, "right"), `${typeText(source.type ?? ref("object"))} cannot be gone through`);
  const written = compileType(part(node, "type"), compilation);
  const counter = compilation.constant(() => turnCounter(node, compilation));
  const count = compilation.temporary();
  const outer = compilation.frame;
  const items = `${compilation.constant(enumerate)}(${source.code}, ${compilation.at(part(node, "right"))})`;
  return compilation.inFrame(() => {
    const name = part(node, "left");
    const place = compilation.declare(name, name.text, written ?? elementType(source.type));
    const body = compilation.statement(part(node, "body"), result);
    const turnFrame = newFrame(compilation.frame, outer);
    return {
      code: (ending) =>
        `${count} = ${counter}(); for (const item of ${items}) { ${count}(); ${turnFrame} ${assigned(place, "item")} ${body.code({ ...ending, isInLoop: true })} }`,
    };
  });
}

/** Loops. */
export const loops: Readonly<Record<string, StatementCompiler>> = {
  while_statement: whileLoop,
  do_statement: doLoop,
  for_statement: forLoop,
  foreach_statement: foreachLoop,
};
