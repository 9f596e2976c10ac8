import { compareText, enumerate } from "../collections.ts";
import { raise, raiseIndex } from "../exceptions.ts";
import { formatComposite } from "../formatting.ts";
import { ref } from "../type-ref.ts";
import { Char, textOf } from "../values.ts";
import { enumName, int, out, text, textOrChar } from "./arguments.ts";
import { parseBasic } from "./basic-credentials.ts";
import type { TypeDefinition } from "./definition.ts";
import { parseJwt } from "./jwt-value.ts";

function ignoresCase(comparison: unknown): boolean {
  if (comparison === undefined) return false;
  return enumName(comparison, "StringComparison", "comparisonType")?.endsWith("IgnoreCase") ?? false;
}

/** Both texts in the form in which the comparison sees them. */
function folded(self: string, other: string, comparison: unknown): [string, string] {
  return ignoresCase(comparison) ? [self.toUpperCase(), other.toUpperCase()] : [self, other];
}

/** What `Char.IsWhiteSpace` holds: JavaScript's white space with U+0085, and without the byte order mark. */
function isWhiteSpace(character: string): boolean {
  return character === "\u0085" || (character !== "\uFEFF" && character.trim() === "");
}

function trimSet(args: readonly unknown[]): Set<string> | undefined {
  if (args.length === 0) return undefined;
  const characters = args.flat();
  return characters.length === 0
    ? undefined
    : new Set(characters.map((value) => textOrChar(value, "trimChars")));
}

function trim(self: string, args: readonly unknown[], start: boolean, end: boolean): string {
  if (self === "") return "";
  const set = trimSet(args);
  const drop = (character: string | undefined) =>
    character !== undefined && (set ? set.has(character) : isWhiteSpace(character));
  let from = 0;
  let to = self.length;
  while (start && from < to && drop(self[from])) from++;
  while (end && to > from && drop(self[to - 1])) to--;
  return self.slice(from, to);
}

function split(self: string, args: readonly unknown[]): string[] {
  const [first, ...rest] = args;
  if (first instanceof Char && rest.length === 0) return self.split(first.toText());
  const options = rest
    .map((value) => (typeof value === "number" ? undefined : value))
    .find((value) => value !== undefined);
  const isMoreSeparators = options instanceof Char || typeof options === "string";
  const optionName = isMoreSeparators ? "" : (enumName(options, "StringSplitOptions", "options") ?? "");
  const limit = rest.find((value) => typeof value === "number") as number | undefined;
  const separators = (
    isMoreSeparators
      ? args
      : Array.isArray(first)
        ? first
        : first === undefined || first === null
          ? []
          : [first]
  )
    .map((value) => textOrChar(value, "separator"))
    .filter((value) => value !== "");
  const parts: string[] = [];
  let from = 0;
  const removeEmpty = optionName.includes("RemoveEmptyEntries");
  for (let at = 0; at < self.length; ) {
    const length = separatorLength(self, at, separators);
    const full = limit !== undefined && parts.length >= limit - 1;
    if (length === 0 || full) {
      at++;
      continue;
    }
    if (!removeEmpty || at > from) parts.push(self.slice(from, at));
    at += length;
    from = at;
  }
  if (!removeEmpty || from < self.length) parts.push(self.slice(from));
  const trimmed = optionName.includes("TrimEntries") ? parts.map((part) => part.trim()) : parts;
  return limit === 0 ? [] : removeEmpty ? trimmed.filter((part) => part !== "") : trimmed;
}

function separatorLength(self: string, at: number, separators: readonly string[]): number {
  if (separators.length === 0) return (self[at] ?? "").trim() === "" ? 1 : 0;
  return separators.find((separator) => self.startsWith(separator, at))?.length ?? 0;
}

function substring(self: string, args: readonly unknown[]): string {
  const start = int(args[0], "startIndex");
  const length = args.length > 1 ? int(args[1], "length") : self.length - start;
  if (start < 0 || start > self.length || length < 0 || start + length > self.length) {
    return raise(
      "ArgumentOutOfRangeException",
      "Index and length must refer to a location within the string.",
    );
  }
  return self.slice(start, start + length);
}

/** Reads the start index and comparison that may follow the text looked for. */
function search(self: string, args: readonly unknown[], last: boolean): number {
  if (args.length === 1) {
    const sought = textOrChar(args[0]);
    return last ? self.lastIndexOf(sought) : self.indexOf(sought);
  }
  const start = typeof args[1] === "number" ? args[1] : undefined;
  const further = start === undefined ? args[1] : args[2];
  const comparison = typeof further === "number" ? undefined : further;
  const [whole, part] = folded(self, textOrChar(args[0]), comparison);
  return last ? whole.lastIndexOf(part, start) : whole.indexOf(part, start);
}

function replace(self: string, args: readonly unknown[]): string {
  const old = textOrChar(args[0], "oldValue");
  if (old === "") raise("ArgumentException", "String cannot be of zero length. (Parameter 'oldValue')");
  const replacement = args[1] === null ? "" : textOrChar(args[1], "newValue");
  // A function keeps "$" from meaning anything, and costs a call for each match.
  if (!ignoresCase(args[2])) {
    return replacement.includes("$")
      ? self.replaceAll(old, () => replacement)
      : self.replaceAll(old, replacement);
  }
  const escaped = old.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return self.replaceAll(new RegExp(escaped, "gi"), () => replacement);
}

function compare(args: readonly unknown[]): number {
  const [a, b, third] = args;
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  const name = typeof third === "boolean" ? undefined : enumName(third, "StringComparison", "comparisonType");
  const ignore = third === true || (name?.endsWith("IgnoreCase") ?? false);
  const [x, y] = ignore ? [text(a).toUpperCase(), text(b).toUpperCase()] : [text(a), text(b)];
  return name?.startsWith("Ordinal") ? ordinal(x, y) : compareText(x, y);
}

function ordinal(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function equals(a: unknown, b: unknown, comparison: unknown): boolean {
  if (typeof a !== "string" || typeof b !== "string") return (a ?? null) === (b ?? null);
  const [x, y] = folded(a, b, comparison);
  return x === y;
}

/** The values of a `params` array or of one sequence. */
function spread(args: readonly unknown[]): unknown[] {
  const [only] = args;
  return args.length === 1 &&
    typeof only !== "string" &&
    only !== null &&
    typeof only === "object" &&
    Symbol.iterator in only
    ? [...enumerate(only)]
    : [...args];
}

const strings = ref("string[]");

export const stringType: TypeDefinition = {
  name: "string",
  aliases: ["String"],
  namespace: "System",
  bases: ["IEnumerable"],
  holds: (value) => typeof value === "string",
  element: () => ref("char"),
  properties: { Length: { type: "int", get: (self: string) => self.length } },
  indexer: {
    type: "char",
    get: (self: string, index) => {
      const at = int(index, "index");
      return at >= 0 && at < self.length
        ? new Char(self.charCodeAt(at))
        : raise("IndexOutOfRangeException", "Index was outside the bounds of the array.");
    },
  },
  methods: {
    Contains: {
      type: "bool",
      count: [1, 2],
      call: (self: string, [part, comparison]) => {
        const [whole, piece] = folded(self, textOrChar(part), comparison);
        return whole.includes(piece);
      },
    },
    StartsWith: {
      type: "bool",
      count: [1, 2],
      call: (self: string, [part, comparison]) => {
        const [whole, piece] = folded(self, textOrChar(part), comparison);
        return whole.startsWith(piece);
      },
    },
    EndsWith: {
      type: "bool",
      count: [1, 2],
      call: (self: string, [part, comparison]) => {
        const [whole, piece] = folded(self, textOrChar(part), comparison);
        return whole.endsWith(piece);
      },
    },
    Equals: {
      type: "bool",
      count: [1, 2],
      call: (self: string, [other, comparison]) => equals(self, other, comparison),
    },
    IndexOf: { type: "int", count: [1, 3], call: (self: string, args) => search(self, args, false) },
    LastIndexOf: { type: "int", count: [1, 3], call: (self: string, args) => search(self, args, true) },
    Substring: { type: "string", count: [1, 2], call: (self: string, args) => substring(self, args) },
    Remove: {
      type: "string",
      count: [1, 2],
      call: (self: string, args) => {
        const start = int(args[0], "startIndex");
        const removed = substring(self, args);
        return self.slice(0, start) + self.slice(start + removed.length);
      },
    },
    Insert: {
      type: "string",
      count: [2, 2],
      call: (self: string, [index, value]) => {
        const at = int(index, "startIndex");
        return at < 0 || at > self.length ? raiseIndex() : self.slice(0, at) + text(value) + self.slice(at);
      },
    },
    Replace: { type: "string", count: [2, 3], call: (self: string, args) => replace(self, args) },
    Split: { type: () => strings, count: [0, 9], call: (self: string, args) => split(self, args) },
    Trim: { type: "string", count: [0, 9], call: (self: string, args) => trim(self, args, true, true) },
    TrimStart: { type: "string", count: [0, 9], call: (self: string, args) => trim(self, args, true, false) },
    TrimEnd: { type: "string", count: [0, 9], call: (self: string, args) => trim(self, args, false, true) },
    ToLower: { type: "string", count: [0, 0], call: (self: string) => self.toLowerCase() },
    ToUpper: { type: "string", count: [0, 0], call: (self: string) => self.toUpperCase() },
    ToLowerInvariant: { type: "string", count: [0, 0], call: (self: string) => self.toLowerCase() },
    ToUpperInvariant: { type: "string", count: [0, 0], call: (self: string) => self.toUpperCase() },
    PadLeft: {
      type: "string",
      count: [1, 2],
      call: (self: string, [width, fill]) =>
        self.padStart(int(width), fill === undefined ? " " : textOrChar(fill)),
    },
    PadRight: {
      type: "string",
      count: [1, 2],
      call: (self: string, [width, fill]) =>
        self.padEnd(int(width), fill === undefined ? " " : textOrChar(fill)),
    },
    ToCharArray: {
      type: "char[]",
      count: [0, 0],
      call: (self: string) => [...enumerate(self)],
    },
    CompareTo: { type: "int", count: [1, 1], call: (self: string, [other]) => compare([self, other]) },
    AsJwt: { type: "Jwt", count: [0, 0], call: (self: string) => parseJwt(self) },
    TryParseJwt: {
      type: "bool",
      count: [1, 1],
      call: (self: string, [result]) => {
        const jwt = parseJwt(self);
        out(result).set(jwt);
        return jwt !== null;
      },
    },
    AsBasic: { type: "BasicAuthCredentials", count: [0, 0], call: (self: string) => parseBasic(self) },
    TryParseBasic: {
      type: "bool",
      count: [1, 1],
      call: (self: string, [result]) => {
        const credentials = parseBasic(self);
        out(result).set(credentials);
        return credentials !== null;
      },
    },
  },
  statics: { Empty: { type: "string", get: () => "" } },
  staticMethods: {
    IsNullOrEmpty: { type: "bool", count: [1, 1], call: ([value]) => value === null || text(value) === "" },
    IsNullOrWhiteSpace: {
      type: "bool",
      count: [1, 1],
      call: ([value]) => value === null || text(value).trim() === "",
    },
    Join: {
      type: "string",
      count: [1, 99],
      call: ([separator, ...values]) =>
        spread(values)
          .map(textOf)
          .join(separator === null ? "" : textOrChar(separator, "separator")),
    },
    Concat: { type: "string", count: [1, 99], call: (args) => spread(args).map(textOf).join("") },
    Format: {
      type: "string",
      count: [1, 99],
      call: ([format, ...values]) =>
        formatComposite(
          text(format, "format"),
          values.length === 1 && Array.isArray(values[0]) ? values[0] : values,
        ),
    },
    Equals: { type: "bool", count: [2, 3], call: ([a, b, comparison]) => equals(a, b, comparison) },
    Compare: { type: "int", count: [2, 3], call: (args) => compare(args) },
    CompareOrdinal: { type: "int", count: [2, 2], call: ([a, b]) => ordinal(text(a), text(b)) },
  },
  construct: {
    count: [1, 3],
    call: ([first, second, third]) => {
      if (!(first instanceof Char)) {
        const all = [...enumerate(first)].map(textOf).join("");
        return second === undefined ? all : substring(all, [second, third]);
      }
      return first.toText().repeat(int(second, "count"));
    },
  },
};
