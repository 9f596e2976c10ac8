import { isOfType } from "../conversions.ts";
import { type NetException, Thrown } from "../exceptions.ts";
import { field, named, ofType, part, type Syntax } from "../syntax/tree.ts";
import type { TypeRef } from "../type-ref.ts";
import type { Compilation, Completion, Frame, MadeStatement, StatementCompiler } from "./compilation.ts";
import { compileCondition, compileThrow } from "./conditions.ts";
import { compileType } from "./types.ts";

function tryStatement(node: Syntax, compilation: Compilation, result: TypeRef | undefined): MadeStatement {
  const { run: body } = compilation.statement(part(node, "body"), result);
  const clauses = ofType(node, "catch_clause").map((clause) =>
    compilation.inBlock(() => catchClause(clause, compilation, result)),
  );
  const [finallyClause] = ofType(node, "finally_clause");
  const last = finallyClause && compilation.statement(named(finallyClause)[0] ?? finallyClause, result).run;
  return (frame) => {
    try {
      return body(frame);
    } catch (error) {
      if (!(error instanceof Thrown)) throw error;
      for (const clause of clauses) {
        if (clause.accepts(error.exception, frame)) return rethrowing(() => clause.run(frame), error);
      }
      throw error;
    } finally {
      last?.(frame);
    }
  };
}

const RETHROW = Symbol("rethrow");

/** Runs a catch block, in which `throw;` throws the caught exception again. */
function rethrowing(run: () => Completion, caught: Thrown): Completion {
  try {
    return run();
  } catch (error) {
    throw error === RETHROW ? caught : error;
  }
}

function catchClause(node: Syntax, compilation: Compilation, result: TypeRef | undefined) {
  const [written] = ofType(node, "catch_declaration");
  const type = written && compileType(part(written, "type"), compilation);
  const name = written && field(written, "name");
  const place = name && compilation.declare(name, name.text, type);
  const [filter] = ofType(node, "catch_filter_clause");
  const guard = filter ? compileCondition(named(filter)[0] ?? filter, compilation).run : () => true;
  const { run } = compilation.statement(part(node, "body"), result);
  return {
    accepts: (exception: NetException, frame: Frame) => {
      if (type && !isOfType(exception, type)) return false;
      place?.set(frame, exception);
      return guard(frame);
    },
    run,
  };
}

function throwing(node: Syntax, compilation: Compilation): MadeStatement {
  const [value] = named(node);
  if (value) return compileThrow(value, compilation);
  return () => {
    throw RETHROW;
  };
}

/** `try`, `catch`, `finally` and `throw`. */
export const tries: Readonly<Record<string, StatementCompiler>> = {
  try_statement: tryStatement,
  throw_statement: throwing,
};
