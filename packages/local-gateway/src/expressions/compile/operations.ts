import { castTo, convertImplicitly, isImplicit, unbox } from "../conversions.ts";
import { BINARY_OPERATORS, UNARY_OPERATORS } from "../operators.ts";
import { named, part, type Syntax } from "../syntax/tree.ts";
import { ref, type TypeRef, typeText } from "../type-ref.ts";
import { isValueType } from "../types/registry.ts";
import type { Compilation, Compiled, ExpressionCompiler, Made, Place } from "./compilation.ts";
import { compileCondition, compileThrow } from "./conditions.ts";
import { compileElementSetter } from "./members.ts";
import { compileType } from "./types.ts";

const BOOL = ref("bool");
const STRING = ref("string");
const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">="]);
/** What nobody means to compare by reference. */
const COMPARED_BY_VALUE = new Set(["string", "bool", "char", "int", "long", "double", "decimal"]);
const NUMBERS = ["int", "long", "double", "decimal"];

/** Text and numbers on which JavaScript's operators do what C#'s do. */
function nativeCode(operator: string, left: Compiled, right: Compiled): string | undefined {
  const [a, b] = [left.type, right.type];
  if (!a || !b || a.nullable || b.nullable) return undefined;
  if (a.name === "int" && b.name === "int") {
    if (operator === "+" || operator === "-") return `(${left.code} ${operator} ${right.code} | 0)`;
    if (COMPARISONS.has(operator)) return `(${left.code} ${jsOperator(operator)} ${right.code})`;
  }
  const isEquality = operator === "==" || operator === "!=";
  if (isEquality && a.name === "string" && b.name === "string")
    return `(${left.code} ${jsOperator(operator)} ${right.code})`;
  if (operator === "+" && a.name === "string" && b.name === "string")
    return `((${left.code} ?? "") + (${right.code} ?? ""))`;
  return undefined;
}

function jsOperator(operator: string): string {
  return operator === "==" ? "===" : operator === "!=" ? "!==" : operator;
}

function binary(node: Syntax, compilation: Compilation): Made {
  const operator = part(node, "operator").text;
  if (operator === "&&" || operator === "||") {
    const left = compileCondition(part(node, "left"), compilation);
    const right = compileCondition(part(node, "right"), compilation);
    return { type: BOOL, code: `(${left.code} ${operator} ${right.code})` };
  }
  const left = compilation.expression(part(node, "left"));
  const right = compilation.expression(part(node, "right"));
  if (operator === "??") return coalesce(node, left, right, compilation);
  const apply = BINARY_OPERATORS[operator];
  if (!apply) return compilation.fail(node, `the operator ${operator} is not supported`);
  if (operator === "==" || operator === "!=") checkComparable(node, left.type, right.type, compilation);
  const place = part(node, "operator");
  const native = nativeCode(operator, left, right);
  return {
    type: binaryType(operator, left.type, right.type),
    code: native ?? `${compilation.constant(apply)}(${left.code}, ${right.code}, ${compilation.at(place)})`,
  };
}

/** C# compares an object with a string by reference, which is almost never what was meant; JToken not at all. */
function checkComparable(
  node: Syntax,
  left: TypeRef | undefined,
  right: TypeRef | undefined,
  compilation: Compilation,
): void {
  if (!left || !right) return;
  const pair = [left.name, right.name];
  if (pair.includes("null")) {
    const other = left.name === "null" ? right : left;
    if (isValueType(other)) compilation.fail(node, `${typeText(other)} is never null`);
    return;
  }
  if (
    pair.includes("object") &&
    (left.name === right.name || COMPARED_BY_VALUE.has(pair.find((name) => name !== "object") ?? ""))
  ) {
    compilation.fail(node, "this compares references, not values: cast the object first");
  }
  const numeric = (type: TypeRef) => NUMBERS.includes(type.name) || type.name === "char";
  const scalar = (type: TypeRef) => numeric(type) || ["bool", "string"].includes(type.name);
  if (scalar(left) && scalar(right) && left.name !== right.name && !(numeric(left) && numeric(right))) {
    compilation.fail(node, `${typeText(left)} and ${typeText(right)} cannot be compared`);
  }
}

function binaryType(
  operator: string,
  left: TypeRef | undefined,
  right: TypeRef | undefined,
): TypeRef | undefined {
  if (COMPARISONS.has(operator)) return BOOL;
  if (operator === "+" && (left?.name === "string" || right?.name === "string")) return STRING;
  if (!left || !right) return undefined;
  const nullable = left.nullable === true || right.nullable === true;
  const [a, b] = [left, right].map((type) => NUMBERS.indexOf(type.name === "char" ? "int" : type.name));
  if (a !== undefined && b !== undefined && a !== -1 && b !== -1) {
    return { ...ref(NUMBERS[Math.max(a, b)] ?? "int"), ...(nullable ? { nullable } : {}) };
  }
  if (left.name === "bool" && right.name === "bool") return BOOL;
  if ((left.name === "DateTime" || left.name === "DateTimeOffset") && "+-".includes(operator)) {
    return right.name === "TimeSpan" ? left : ref("TimeSpan");
  }
  return left.name === "TimeSpan" ? left : undefined;
}

function coalesce(node: Syntax, left: Compiled, right: Compiled, compilation: Compilation): Made {
  if (left.type && isValueType(left.type))
    compilation.fail(node, `${typeText(left.type)} is never null, so ?? has no use`);
  const type =
    left.type && left.type.name !== "null"
      ? { ...left.type, nullable: right.type?.nullable ?? false }
      : right.type;
  const same =
    !left.type || !right.type || left.type.name === right.type.name || isImplicit(right.type, left.type);
  return { type: same ? type : undefined, code: `(${left.code} ?? ${right.code})` };
}

function conditional(node: Syntax, compilation: Compilation): Made {
  const condition = compileCondition(part(node, "condition"), compilation);
  const yes = compilation.expression(part(node, "consequence"));
  const no = compilation.expression(part(node, "alternative"));
  const type = commonType(yes.type, no.type);
  const value = `(${condition.code} ? ${yes.code} : ${no.code})`;
  const isSame = yes.type?.name === no.type?.name;
  if (!type || isSame || !NUMBERS.includes(type.name) || type.nullable) return { type, code: value };
  const convert = (given: unknown) => convertImplicitly(given, type);
  return { type, code: `${compilation.constant(convert)}${value}` };
}

function commonType(a: TypeRef | undefined, b: TypeRef | undefined): TypeRef | undefined {
  if (!a || !b) return undefined;
  if (a.name === "null") return b;
  if (b.name === "null" || a.name === b.name) return a;
  if (isImplicit(a, b)) return b;
  return isImplicit(b, a) ? a : undefined;
}

function prefix(node: Syntax, compilation: Compilation): Made {
  const operator = part(node, "operator").text;
  if (operator === "++" || operator === "--")
    return step(node, part(node, "operand"), operator, true, compilation);
  if (operator === "!") {
    const condition = compileCondition(part(node, "operand"), compilation);
    return { type: BOOL, code: `!(${condition.code})` };
  }
  const operand = compilation.expression(part(node, "operand"));
  const apply = UNARY_OPERATORS[operator];
  if (!apply) return compilation.fail(node, `the operator ${operator} is not supported`);
  return {
    type: operand.type?.name === "char" ? ref("int") : operand.type,
    code: `${compilation.constant(apply)}(${operand.code})`,
  };
}

function postfix(node: Syntax, compilation: Compilation): Made {
  const operator = part(node, "operator").text;
  if (operator === "++" || operator === "--")
    return step(node, part(node, "operand"), operator, false, compilation);
  return compilation.fail(node, `the operator ${operator} is not supported`);
}

/** `x++` and the like. */
function step(
  node: Syntax,
  operand: Syntax,
  operator: string,
  before: boolean,
  compilation: Compilation,
): Made {
  const place = operand.type === "identifier" ? compilation.variable(operand.text) : undefined;
  if (!place) return compilation.fail(node, `${operator} needs a variable`);
  const apply = BINARY_OPERATORS[operator === "++" ? "+" : "-"];
  if (place.type?.name === "int" && !place.type.nullable && place.code !== undefined) {
    const next = `(${place.code} = ${place.code} ${operator === "++" ? "+" : "-"} 1 | 0)`;
    const undone = operator === "++" ? "-" : "+";
    return { type: place.type, code: before ? next : `(${next} ${undone} 1 | 0)` };
  }
  return {
    type: place.type,
    run: (frame) => {
      const old = place.get(frame);
      const next = apply?.(old, 1);
      place.set(frame, next);
      return before ? next : old;
    },
  };
}

function cast(node: Syntax, compilation: Compilation): Made {
  const type = compileType(part(node, "type"), compilation);
  const value = compilation.expression(part(node, "value"));
  if (!type || type.name === "dynamic") return { type: undefined, code: value.code };
  checkCast(node, value.type, type, compilation);
  const convert = value.type?.name === "object" ? unbox : castTo;
  const converted = (given: string) =>
    `${compilation.constant(convert)}(${given}, ${compilation.constant(type)}, ${compilation.at(node)})`;
  if (type.name !== "string") return { type, code: converted(value.code) };
  const given = compilation.temporary();
  return { type, code: `(typeof (${given} = ${value.code}) === "string" ? ${given} : ${converted(given)})` };
}

/** Casts between scalars that C# has no conversion for: `(string)1`, `(int)"1"`. */
function checkCast(node: Syntax, from: TypeRef | undefined, to: TypeRef, compilation: Compilation): void {
  const scalars = [...NUMBERS, "bool", "string", "char"];
  if (!from || from.name === to.name || !scalars.includes(from.name) || !scalars.includes(to.name)) return;
  const nonNumbers = ["bool", "string"];
  if (nonNumbers.includes(from.name) || nonNumbers.includes(to.name)) {
    compilation.fail(node, `${typeText(from)} cannot be cast to ${typeText(to)}`);
  }
}

/** A variable or element that can be assigned. */
function target(node: Syntax, compilation: Compilation): Pick<Place, "type" | "set" | "code"> {
  if (node.type === "element_access_expression") return compileElementSetter(node, compilation);
  const place = node.type === "identifier" ? compilation.variable(node.text) : undefined;
  return (
    place ??
    compilation.fail(node, "only variables of the expression and elements of its collections can be assigned")
  );
}

function assignment(node: Syntax, compilation: Compilation): Made {
  const left = part(node, "left");
  const operator = part(node, "operator").text;
  const { type, set, code } = target(left, compilation);
  const right = compilation.expression(part(node, "right"));
  const current = operator === "=" ? undefined : compilation.expression(left);
  const apply = BINARY_OPERATORS[operator.slice(0, -1)];
  if (current && !apply && operator !== "??=")
    return compilation.fail(node, `the operator ${operator} is not supported`);
  if (!current && type && !isImplicit(right.type, type)) {
    compilation.fail(node, `this gives ${typeText(right.type ?? type)}, where ${typeText(type)} is expected`);
  }
  if (code !== undefined && !current) {
    const isSame =
      !type || (right.type?.name === type.name && (type.name === "string" || type.name === "bool"));
    const convert = (given: unknown) => (type ? convertImplicitly(given, type) : given);
    const value = isSame ? right.code : `${compilation.constant(convert)}(${right.code})`;
    return { type: type ?? right.type, code: `(${code} = ${value})` };
  }
  return {
    type: type ?? right.type,
    run: (frame) => {
      const value = right.run(frame);
      const result = current && apply ? apply(current.run(frame), value) : value;
      const converted = type ? convertImplicitly(result, type) : result;
      set(frame, converted);
      return converted;
    },
  };
}

function throwing(node: Syntax, compilation: Compilation): Made {
  const run = compileThrow(named(node).at(-1) ?? node, compilation);
  return { type: undefined, run };
}

/** Operators, casts and assignments. */
export const operators: Readonly<Record<string, ExpressionCompiler>> = {
  binary_expression: binary,
  conditional_expression: conditional,
  prefix_unary_expression: prefix,
  postfix_unary_expression: postfix,
  cast_expression: cast,
  assignment_expression: assignment,
  throw_expression: throwing,
  checked_expression: (node, compilation) => compilation.expression(named(node).at(-1) ?? node),
};
