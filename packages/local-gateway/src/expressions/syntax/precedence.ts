import { field, fields, makeNode, named, type Syntax } from "./tree.ts";

// The grammar binds `?.` weaker than every operator (`a && b?.c` comes out as `(a && b)?.c`), lets the pattern of
// `x is null` swallow what follows (`x is (null || y)`), and takes `(a) - b` for a cast. So every operator
// expression is laid out flat again, and put together by the precedences of the C# specification.

type Token =
  | { readonly kind: "operand"; readonly node: Syntax }
  | {
      readonly kind: "prefix";
      readonly power: number;
      readonly start: number;
      readonly build: (operand: Syntax) => Syntax;
    }
  | {
      readonly kind: "suffix";
      readonly power: number;
      readonly build: (operand: Syntax) => Syntax;
      /** The name behind a `.` or `?.`. */
      readonly member?: { readonly name: Syntax; readonly conditional: boolean };
    }
  | { readonly kind: "infix"; readonly operator: Syntax; readonly power: number; readonly type: string }
  | { readonly kind: "then" | "else"; readonly operator: Syntax };

const UNARY = 14;
const POSTFIX = 16;
const RELATIONAL = 10;
const CONDITIONAL = 2;
const ASSIGNMENT = 1;

const INFIX: Readonly<Record<string, number>> = {
  "*": 13,
  "/": 13,
  "%": 13,
  "+": 12,
  "-": 12,
  "<<": 11,
  ">>": 11,
  "<": RELATIONAL,
  ">": RELATIONAL,
  "<=": RELATIONAL,
  ">=": RELATIONAL,
  is: RELATIONAL,
  "==": 9,
  "!=": 9,
  "&": 8,
  "^": 7,
  "|": 6,
  "&&": 5,
  "||": 4,
  "??": 3,
};

const RIGHT_ASSOCIATIVE = new Set(["??"]);

/** The node types that take part; any other is an operand. */
const LAID_OUT: Readonly<Record<string, (node: Syntax) => Token[]>> = {
  binary_expression: (node) => {
    const operator = operatorOf(node);
    return [
      ...part(node, "left"),
      { kind: "infix", operator, power: INFIX[operator.text] ?? 0, type: "binary_expression" },
      ...part(node, "right"),
    ];
  },
  assignment_expression: (node) => [
    ...part(node, "left"),
    { kind: "infix", operator: operatorOf(node), power: ASSIGNMENT, type: "assignment_expression" },
    ...part(node, "right"),
  ],
  conditional_expression: (node) => {
    const [question, colon] = node.children.filter((child) => !child.named).map((child) => child.node);
    return [
      ...part(node, "condition"),
      { kind: "then", operator: question ?? node },
      ...part(node, "consequence"),
      { kind: "else", operator: colon ?? node },
      ...part(node, "alternative"),
    ];
  },
  prefix_unary_expression: (node) => {
    const operator = operatorOf(node);
    return [prefix("prefix_unary_expression", operator), ...layOut(lastNamed(node))];
  },
  postfix_unary_expression: (node) => {
    const operator = node.children.at(-1)?.node ?? node;
    const build = (operand: Syntax) =>
      makeNode("postfix_unary_expression", [
        ["operand", operand],
        ["operator", operator],
      ]);
    return [...layOut(named(node)[0] ?? node), { kind: "suffix", power: POSTFIX, build }];
  },
  cast_expression: (node) => {
    const type = part1(node, "type");
    const value = layOut(part1(node, "value"));
    const operator = type.type === "identifier" ? operatorOfValue(value) : undefined;
    if (operator && !looksLikeType(type.text)) {
      const [, ...rest] = value.slice(operator.tokens - 1);
      return [
        { kind: "operand", node: type },
        {
          kind: "infix",
          operator: operator.node,
          power: INFIX[operator.node.text] ?? 0,
          type: "binary_expression",
        },
        ...rest,
      ];
    }
    const build = (operand: Syntax) =>
      makeNode(
        "cast_expression",
        [
          ["type", type],
          ["value", operand],
        ],
        { start: node.start },
      );
    return [{ kind: "prefix", power: UNARY, start: node.start, build }, ...value];
  },
  throw_expression: (node) => [
    prefix("throw_expression", operatorOf(node), ASSIGNMENT),
    ...layOut(lastNamed(node)),
  ],
  lambda_expression: (node) => {
    const body = part1(node, "body");
    if (body.type === "block") return [{ kind: "operand", node }];
    const parameters = part1(node, "parameters");
    const build = (operand: Syntax) =>
      makeNode(
        "lambda_expression",
        [
          ["parameters", parameters],
          ["body", operand],
        ],
        { start: node.start },
      );
    return [{ kind: "prefix", power: ASSIGNMENT, start: node.start, build }, ...layOut(body)];
  },
  is_expression: (node) => [...part(node, "left"), typeSuffix("is_expression", part1(node, "right"))],
  as_expression: (node) => [...part(node, "left"), typeSuffix("as_expression", part1(node, "right"))],
  is_pattern_expression: (node) => {
    const pattern = part1(node, "pattern");
    if (pattern.type === "constant_pattern") {
      const operator = operatorOf(node);
      return [
        ...part(node, "expression"),
        { kind: "infix", operator, power: RELATIONAL, type: "is_constant_expression" },
        ...layOut(named(pattern)[0] ?? pattern),
      ];
    }
    const build = (operand: Syntax) =>
      makeNode("is_pattern_expression", [
        ["expression", operand],
        ["pattern", pattern],
      ]);
    return [...part(node, "expression"), { kind: "suffix", power: RELATIONAL, build }];
  },
  member_access_expression: (node) => [
    ...part(node, "expression"),
    link("member_access_expression", "expression", "name", part1(node, "name")),
  ],
  element_access_expression: (node) => [
    ...part(node, "expression"),
    link("element_access_expression", "expression", "subscript", part1(node, "subscript")),
  ],
  invocation_expression: (node) => [
    ...part(node, "function"),
    link("invocation_expression", "function", "arguments", part1(node, "arguments")),
  ],
  conditional_access_expression: (node) => {
    const binding = lastNamed(node);
    const suffix =
      binding.type === "member_binding_expression"
        ? link("member_access_expression", "expression", "name", part1(binding, "name"), true)
        : link("element_access_expression", "expression", "subscript", binding, true);
    return [...part(node, "condition"), suffix];
  },
};

/** Gives the node back with every operator expression in it put together by C#'s precedences. */
export function restorePrecedence(node: Syntax): Syntax {
  if (!Object.hasOwn(LAID_OUT, node.type)) return node;
  return new TokenReader(joinGenericCalls(layOut(node))).read(0);
}

/**
 * `a.As<T>(b)` may come out as the comparisons `a.As < T > (b)`. C# always reads that as a generic call
 * (ECMA-334 §6.2.5).
 */
function joinGenericCalls(tokens: readonly Token[]): Token[] {
  const joined: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    const call = genericCall(tokens.slice(at, at + 5));
    if (call) {
      joined.push(...call);
      at += 4;
    } else if (token) joined.push(token);
  }
  return joined;
}

function genericCall([method, less, type, greater, operand]: readonly Token[]): Token[] | undefined {
  if (method?.kind !== "suffix" || !method.member || method.member.name.type !== "identifier")
    return undefined;
  if (
    less?.kind !== "infix" ||
    less.operator.text !== "<" ||
    greater?.kind !== "infix" ||
    greater.operator.text !== ">"
  ) {
    return undefined;
  }
  if (type?.kind !== "operand" || type.node.type !== "identifier") return undefined;
  if (operand?.kind !== "operand" || operand.node.type !== "parenthesized_expression") return undefined;
  const { name, conditional } = method.member;
  const generic = makeNode("generic_name", [
    [undefined, name],
    [undefined, makeNode("type_argument_list", [[undefined, type.node]])],
  ]);
  const argument = makeNode("argument", [[undefined, lastNamed(operand.node)]]);
  return [
    link("member_access_expression", "expression", "name", generic, conditional),
    link(
      "invocation_expression",
      "function",
      "arguments",
      makeNode("argument_list", [[undefined, argument]]),
    ),
  ];
}

function layOut(node: Syntax): Token[] {
  const rule = Object.hasOwn(LAID_OUT, node.type) && !node.conditional ? LAID_OUT[node.type] : undefined;
  return rule ? rule(node) : node.conditional ? conditionalAgain(node) : [{ kind: "operand", node }];
}

/** A `?.` that was put together deeper in the tree. */
function conditionalAgain(node: Syntax): Token[] {
  const last = node.children.at(-1);
  return [
    ...part(node, "expression"),
    link(node.type, "expression", last?.field ?? "", last?.node ?? node, true),
  ];
}

function part(node: Syntax, name: string): Token[] {
  return layOut(part1(node, name));
}

function part1(node: Syntax, name: string): Syntax {
  const found = fields(node, name)[0];
  if (!found) throw new Error(`the C# grammar gave a ${node.type} without ${name}`);
  return found;
}

function lastNamed(node: Syntax): Syntax {
  return named(node).at(-1) ?? node;
}

/** The node's operator: under its field, or the first piece of punctuation. */
function operatorOf(node: Syntax): Syntax {
  return field(node, "operator") ?? node.children.find((child) => !child.named)?.node ?? node;
}

function prefix(type: string, operator: Syntax, power: number = UNARY): Token {
  const build = (operand: Syntax) =>
    makeNode(type, [
      ["operator", operator],
      ["operand", operand],
    ]);
  return { kind: "prefix", power, start: operator.start, build };
}

function link(type: string, before: string, name: string, node: Syntax, conditional = false): Token {
  const build = (operand: Syntax) =>
    makeNode(
      type,
      [
        [before, operand],
        [name, node],
      ],
      { start: node.start, conditional },
    );
  return {
    kind: "suffix",
    power: POSTFIX,
    build,
    ...(name === "name" ? { member: { name: node, conditional } } : {}),
  };
}

function typeSuffix(type: string, right: Syntax): Token {
  const build = (operand: Syntax) =>
    makeNode(type, [
      ["left", operand],
      ["right", right],
    ]);
  return { kind: "suffix", power: RELATIONAL, build };
}

/** Local variables begin with a small letter by every C# convention, types with a capital. */
function looksLikeType(name: string): boolean {
  const first = name[0] ?? "";
  return first !== first.toLowerCase();
}

/** In `(a) - b` and `(a) && b` read as a cast of `-b` and `&&b`: the operator, and how many tokens it takes. */
function operatorOfValue(tokens: readonly Token[]): { node: Syntax; tokens: number } | undefined {
  const signs: Syntax[] = [];
  for (const token of tokens) {
    if (token.kind !== "prefix") break;
    const probe = token.build({ type: "probe", text: "", start: token.start, children: [] });
    const operator = probe.type === "prefix_unary_expression" ? operatorOf(probe) : undefined;
    if (!operator || !"-+&*".includes(operator.text)) break;
    signs.push(operator);
  }
  const [first, second] = signs;
  if (!first) return undefined;
  if (first.text === "&" && second?.text === "&" && second.start === first.start + 1) {
    return { node: { ...first, type: "&&", text: "&&" }, tokens: 2 };
  }
  return { node: first, tokens: 1 };
}

class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** @param power the weakest operator that may still be taken */
  read(power: number): Syntax {
    let left = this.#start();
    for (let token = this.#tokens[this.#at]; token; token = this.#tokens[this.#at]) {
      if (token.kind === "suffix") {
        if (token.power < power) break;
        this.#at++;
        left = token.build(left);
      } else if (token.kind === "infix") {
        if (token.power < power) break;
        this.#at++;
        left = this.#infix(left, token);
      } else if (token.kind === "then") {
        if (CONDITIONAL < power) break;
        this.#at++;
        left = this.#conditional(left);
      } else break;
    }
    return left;
  }

  #start(): Syntax {
    const token = this.#tokens[this.#at++];
    if (token?.kind === "operand") return token.node;
    if (token?.kind === "prefix") return token.build(this.read(token.power));
    throw new Error("the C# grammar gave an operator without an operand");
  }

  #infix(left: Syntax, token: Token & { kind: "infix" }): Syntax {
    const fromRight = token.type === "assignment_expression" || RIGHT_ASSOCIATIVE.has(token.operator.text);
    const right = this.read(fromRight ? token.power : token.power + 1);
    return makeNode(token.type, [
      ["left", left],
      ["operator", token.operator],
      ["right", right],
    ]);
  }

  #conditional(condition: Syntax): Syntax {
    const consequence = this.read(ASSIGNMENT);
    this.#at++;
    const alternative = this.read(ASSIGNMENT);
    return makeNode("conditional_expression", [
      ["condition", condition],
      ["consequence", consequence],
      ["alternative", alternative],
    ]);
  }
}
