import { raise, raiseArgumentNull } from "../exceptions.ts";
import { ref, type TypeRef } from "../type-ref.ts";
import { NetEnum, NetObject } from "../values.ts";
import { delegate, int, text } from "./arguments.ts";
import type { Method, StaticMethod, TypeDefinition } from "./definition.ts";

class Group extends NetObject {
  readonly typeName: string;
  readonly value: string;
  readonly success: boolean;
  readonly index: number;

  constructor(value: string | undefined, index: number, typeName = "Group") {
    super();
    this.typeName = typeName;
    this.value = value ?? "";
    this.success = value !== undefined;
    this.index = index;
  }

  override toText(): string {
    return this.value;
  }
}

class GroupCollection extends NetObject {
  readonly typeName = "GroupCollection";
  readonly groups: readonly Group[];
  readonly #named: Readonly<Record<string, string | undefined>>;

  constructor(groups: readonly Group[], named: Readonly<Record<string, string | undefined>>) {
    super();
    this.groups = groups;
    this.#named = named;
  }

  get(key: unknown): Group {
    if (typeof key === "string") {
      return new Group(Object.hasOwn(this.#named, key) ? this.#named[key] : undefined, 0);
    }
    return this.groups[int(key)] ?? new Group(undefined, 0);
  }

  [Symbol.iterator](): Iterator<Group> {
    return this.groups[Symbol.iterator]();
  }
}

class Match extends Group {
  readonly groups: GroupCollection;
  readonly #next: () => Match;

  constructor(match: RegExpExecArray | null, next: () => Match) {
    super(match?.[0], match?.index ?? 0, "Match");
    const groups = match ? [...match].map((value) => new Group(value, match.index)) : [];
    this.groups = new GroupCollection(groups, match?.groups ?? {});
    this.#next = next;
  }

  next(): Match {
    return this.#next();
  }
}

class Regex extends NetObject {
  readonly typeName = "Regex";
  readonly source: string;
  readonly flags: string;
  #first: RegExp | undefined;
  #global: RegExp | undefined;
  #lastReplacement = "";
  #lastTranslated = "";

  constructor(source: string, options = 0) {
    super();
    const flags: readonly (readonly [number, string])[] = [
      [1, "i"],
      [2, "m"],
      [16, "s"],
    ];
    this.source = translate(source);
    this.flags = flags.map(([bit, flag]) => ((options & bit) === bit ? flag : "")).join("");
    try {
      this.one();
    } catch {
      raise("ArgumentException", "Invalid regular expression, or one that is not supported");
    }
  }

  /** Finds the first match. */
  one(): RegExp {
    this.#first ??= new RegExp(this.source, this.flags);
    return this.#first;
  }

  /** Finds all matches. */
  all(): RegExp {
    this.#global ??= new RegExp(this.source, `${this.flags}g`);
    return this.#global;
  }

  match(input: string, from = 0): Match {
    const expression = this.all();
    expression.lastIndex = from;
    const match = expression.exec(input);
    const after = match ? match.index + Math.max(match[0].length, 1) : 0;
    return new Match(match, () =>
      match && after <= input.length ? this.match(input, after) : new Match(null, () => this.match("", 0)),
    );
  }

  *matches(input: string): Generator<Match> {
    for (let match = this.match(input); match.success; match = match.next()) yield match;
  }

  replace(input: string, replacement: unknown): string {
    if (typeof replacement === "string") {
      if (replacement !== this.#lastReplacement) {
        this.#lastReplacement = replacement;
        this.#lastTranslated = translateReplacement(replacement);
      }
      return input.replace(this.all(), this.#lastTranslated);
    }
    const evaluate = delegate(replacement, "evaluator");
    let result = "";
    let from = 0;
    for (const match of this.matches(input)) {
      result += input.slice(from, match.index) + text(evaluate(match));
      from = match.index + match.value.length;
    }
    return result + input.slice(from);
  }
}

/** The static methods keep so many expressions, as .NET's do. */
const MOST_KEPT = 100;
/** By their options, and then by their pattern: a key of both would have to be made, and hashed, for each use. */
const keptExpressions = new Map<number, Map<string, Regex>>();

function kept(pattern: string, flags: number): Regex {
  const ofFlags = keptExpressions.get(flags) ?? new Map<string, Regex>();
  const known = ofFlags.get(pattern);
  if (known) return known;
  const regex = new Regex(pattern, flags);
  if (ofFlags.size >= MOST_KEPT) ofFlags.clear();
  keptExpressions.set(flags, ofFlags.set(pattern, regex));
  return regex;
}

/** What .NET writes differently: `(?<name>…)` is the same, `\A`, `\z` and `\Z` are anchors, `(?i)` may lead. */
function translate(source: string): string {
  return source
    .replace(/^\(\?i\)(.*)$/s, "(?i:$1)")
    .replace(/\\A/g, "(?<![\\s\\S])")
    .replace(/\\z/gi, "(?![\\s\\S])");
}

function translateReplacement(replacement: string): string {
  return replacement.replaceAll(/\$\{(\w+)\}/g, (_, name) =>
    /^\d+$/.test(name) ? `$${name}` : `$<${name}>`,
  );
}

function options(value: unknown): number {
  return value instanceof NetEnum ? value.value : 0;
}

function input(value: unknown): string {
  return value === null ? raiseArgumentNull("input") : text(value, "input");
}

/** A member in both forms: on a Regex, and static with the pattern (and options) as further arguments. */
function both(
  type: string,
  most: number,
  run: (regex: Regex, input: string, argument: unknown) => unknown,
  argumentCount: 0 | 1 = 0,
): { readonly method: Method; readonly static: StaticMethod } {
  return {
    method: {
      type,
      count: [1 + argumentCount, most],
      call: (self: Regex, [source, argument]) => run(self, input(source), argument),
    },
    static: {
      type,
      count: [2 + argumentCount, 3 + argumentCount],
      call: (args) => {
        const regex = kept(text(args[1], "pattern"), options(args[2 + argumentCount]));
        return run(regex, input(args[0]), args[2]);
      },
    },
  };
}

const isMatch = both("bool", 1, (regex, source) => regex.one().test(source));
const match = both("Match", 1, (regex, source) => regex.match(source));
const matches = both("List<Match>", 1, (regex, source) => new MatchCollection([...regex.matches(source)]));
const replace = both("string", 2, (regex, source, replacement) => regex.replace(source, replacement), 1);
const split = both("string[]", 1, (regex, source) => source.split(regex.one()).map((part) => part ?? ""));

class MatchCollection extends NetObject {
  readonly typeName = "MatchCollection";
  readonly items: readonly Match[];

  constructor(items: readonly Match[]) {
    super();
    this.items = items;
  }

  [Symbol.iterator](): Iterator<Match> {
    return this.items[Symbol.iterator]();
  }
}

const element = (): TypeRef => ref("Group");

const groupMembers: TypeDefinition["properties"] = {
  Value: { type: "string", get: (self: Group) => self.value },
  Success: { type: "bool", get: (self: Group) => self.success },
  Index: { type: "int", get: (self: Group) => self.index },
  Length: { type: "int", get: (self: Group) => self.value.length },
};

const namespace = "System.Text.RegularExpressions";

export const regexTypes: readonly TypeDefinition[] = [
  {
    name: "Regex",
    namespace,
    holds: (value) => value instanceof Regex,
    construct: {
      count: [1, 2],
      call: ([pattern, flags]) => new Regex(text(pattern, "pattern"), options(flags)),
    },
    methods: {
      IsMatch: isMatch.method,
      Match: match.method,
      Matches: { ...matches.method, type: "MatchCollection" },
      Replace: replace.method,
      Split: split.method,
    },
    staticMethods: {
      IsMatch: isMatch.static,
      Match: match.static,
      Matches: { ...matches.static, type: "MatchCollection" },
      Replace: replace.static,
      Split: split.static,
      Escape: {
        type: "string",
        count: [1, 1],
        call: ([value]) => text(value).replaceAll(/[\\*+?|{[()^$.# ]/g, "\\$&"),
      },
    },
  },
  { name: "Group", namespace, holds: (value) => value instanceof Group, properties: groupMembers },
  {
    name: "Match",
    namespace,
    bases: ["Group"],
    holds: (value) => value instanceof Match,
    properties: { Groups: { type: "GroupCollection", get: (self: Match) => self.groups } },
    methods: { NextMatch: { type: "Match", count: [0, 0], call: (self: Match) => self.next() } },
  },
  {
    name: "GroupCollection",
    namespace,
    bases: ["IEnumerable"],
    element,
    holds: (value) => value instanceof GroupCollection,
    properties: { Count: { type: "int", get: (self: GroupCollection) => self.groups.length } },
    indexer: { type: "Group", get: (self: GroupCollection, key) => self.get(key) },
  },
  {
    name: "MatchCollection",
    namespace,
    bases: ["IEnumerable"],
    element: () => ref("Match"),
    holds: (value) => value instanceof MatchCollection,
    properties: { Count: { type: "int", get: (self: MatchCollection) => self.items.length } },
    indexer: {
      type: "Match",
      get: (self: MatchCollection, index) =>
        self.items[int(index)] ??
        raise("ArgumentOutOfRangeException", "Specified argument was out of the range of valid values."),
    },
  },
];
