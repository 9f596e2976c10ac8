import { compareValues } from "../collections.ts";
import { Char } from "../values.ts";
import type { StaticMethod, TypeDefinition } from "./definition.ts";
import { plainNumber } from "./numbers.ts";

function test(pattern: RegExp): StaticMethod {
  return { type: "bool", count: [1, 1], call: ([value]) => pattern.test((value as Char).toText()) };
}

function map(change: (text: string) => string): StaticMethod {
  return {
    type: "char",
    count: [1, 1],
    call: ([value]) => new Char(change((value as Char).toText()).charCodeAt(0)),
  };
}

export const charType: TypeDefinition = {
  name: "char",
  aliases: ["Char"],
  namespace: "System",
  holds: (value) => value instanceof Char,
  cast: (value) => {
    const code = plainNumber(value);
    return code === undefined ? undefined : new Char(Number(code) & 0xffff);
  },
  defaultValue: new Char(0),
  methods: {
    CompareTo: { type: "int", count: [1, 1], call: (self: Char, [other]) => compareValues(self, other) },
  },
  staticMethods: {
    IsDigit: test(/^\p{Nd}$/u),
    IsLetter: test(/^\p{L}$/u),
    IsLetterOrDigit: test(/^[\p{L}\p{Nd}]$/u),
    IsWhiteSpace: test(/^\s$/u),
    IsUpper: test(/^\p{Lu}$/u),
    IsLower: test(/^\p{Ll}$/u),
    IsPunctuation: test(/^\p{P}$/u),
    ToUpper: map((text) => text.toUpperCase()),
    ToLower: map((text) => text.toLowerCase()),
    ToUpperInvariant: map((text) => text.toUpperCase()),
    ToLowerInvariant: map((text) => text.toLowerCase()),
  },
};
