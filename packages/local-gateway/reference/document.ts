import { GRAMMAR } from "../src/expressions/compile/grammar.ts";
import { BINARY_OPERATORS, UNARY_OPERATORS } from "../src/expressions/operators.ts";
import type { TypeDefinition } from "../src/expressions/types/definition.ts";
import { TYPES } from "../src/expressions/types/registry.ts";
import { SECTIONS } from "../src/pipeline/step.ts";
import { REPLACED_ELEMENTS } from "../src/policies/compiler.ts";
import type { ElementShape } from "../src/policies/element.ts";
import { policyElements } from "../src/policies/table.ts";

/** @returns SUPPORTED.md: all that the gateway runs, from the tables that it goes by */
export function supportedDocument(): string {
  const elements = [...policyElements.values()].map(
    ({ name, sections, ...shape }) => [name, sections, shape] as const,
  );
  const replaced = Object.entries(REPLACED_ELEMENTS).map(([name, shape]) => [name, SECTIONS, shape] as const);
  const all = [...replaced, ...elements].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "# What the gateway runs",
    "",
    "`npm run document -w packages/local-gateway` writes this file from the tables that the gateway itself goes by.",
    "Whatever is missing here stops the start, with file, line and column.",
    "",
    "## Policy elements",
    "",
    "Attributes in bold are required. Every element may have an `id`. An indented element is inside the one above it.",
    "",
    ...all.flatMap(([name, sections, shape]) => [
      `### \`${name}\``,
      "",
      `In ${sections.length === SECTIONS.length ? "every section" : codes(sections)}.`,
      "",
      ...elementLines(name, shape, ""),
      "",
    ]),
    "## Policy expressions",
    "",
    "C# 7, as far as these constructs go, by the names of tree-sitter's grammar for C#.",
    "",
    `- Expressions: ${codes(Object.keys(GRAMMAR.expressions).sort())}`,
    `- Statements: ${codes(Object.keys(GRAMMAR.statements).sort())}`,
    `- Operators: ${codes([...new Set(["&&", "||", "??", "!", "++", "--", ...Object.keys(BINARY_OPERATORS), ...Object.keys(UNARY_OPERATORS)])].sort())}`,
    "",
    "### Types and their members",
    "",
    "A type also has the members of the types that it is based on. `…` stands for arguments.",
    "",
    ...[...TYPES].sort((a, b) => (titleOf(a) < titleOf(b) ? -1 : 1)).flatMap(typeLines),
  ].join("\n");
}

function codes(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

function elementLines(name: string, { attributes, children }: ElementShape, indent: string): string[] {
  const shown = Object.entries(attributes).map(([each, required]) =>
    required ? `**\`${each}\`**` : `\`${each}\``,
  );
  const suffix = children === "policies" ? "; holds policies" : "";
  const inner = children === "policies" ? {} : children;
  return [
    `${indent}- \`<${name}>\`${shown.length > 0 ? `: ${shown.join(", ")}` : ""}${suffix}`,
    ...Object.entries(inner).flatMap(([child, shape]) => elementLines(child, shape, `${indent}  `)),
  ];
}

function titleOf({ namespace, name }: TypeDefinition): string {
  return namespace === "" ? name : `${namespace}.${name}`;
}

function typeLines(type: TypeDefinition): string[] {
  const { name, aliases = [], bases = [], properties, methods, statics, staticMethods, construct } = type;
  const calls = (members: object = {}, prefix = "") =>
    Object.keys(members).map((each) => `${prefix}${each}(…)`);
  const rows: (readonly [string, readonly string[]])[] = [
    ["Also", aliases],
    ["Based on", bases],
    ["Created by", construct ? [`new ${name}(…)`] : []],
    ["Static", [...Object.keys(statics ?? {}), ...calls(staticMethods)]],
    ["Properties", Object.keys(properties ?? {})],
    ["Methods", calls(methods)],
    ["Indexer", type.indexer ? [type.indexer.set ? "[…], also to be set" : "[…]"] : []],
  ];
  const filled = rows.filter(([, members]) => members.length > 0);
  return [
    `#### \`${titleOf(type)}\``,
    "",
    ...filled.map(([title, members]) => `- ${title}: ${codes(members)}`),
    ...(filled.length > 0 ? [""] : []),
  ];
}
