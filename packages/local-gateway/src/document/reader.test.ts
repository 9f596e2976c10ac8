import { describe, expect, it } from "vitest";
import { PolicyError } from "../errors.ts";
import { checkNamedValues } from "./named-values.ts";
import type { ElementNode } from "./nodes.ts";
import { SourceFile } from "./position.ts";
import { readPolicyDocument } from "./reader.ts";

function read(text: string, values: Readonly<Record<string, string>> = {}): ElementNode {
  return readPolicyDocument(new SourceFile("test.xml", text), new Map(Object.entries(values)));
}

/** The value of attribute `a` of the document's element: its kind and text. */
function attribute(text: string, values?: Readonly<Record<string, string>>): [string, string] {
  const value = read(text, values).attributes.get("a")?.value;
  return [value?.kind ?? "", value?.excerpt.text ?? ""];
}

function content(text: string): [string, string] {
  const { kind, excerpt } = read(text).text;
  return [kind, excerpt.text];
}

describe("values", () => {
  it.each([
    ['<x a="plain" />', "literal", "plain"],
    ["<x a='it \"is\"' />", "literal", 'it "is"'],
    ['<x a="&lt;&amp;&#65;&#x42;&quot;" />', "literal", '<&AB"'],
    ['<x a="me@example.com" />', "literal", "me@example.com"],
    ['<x a="@(b["c"])" />', "expression", 'b["c"]'],
    ['<x a=" @( 1 ) " />', "expression", " 1 "],
    ['<x a="@(a < b && c > d)" />', "expression", "a < b && c > d"],
    ['<x a="@(f(")", \')\', @"\\", $"{g(")")}"))" />', "expression", 'f(")", \')\', @"\\", $"{g(")")}")'],
    ['<x a="@(f(@"a""b)"))" />', "expression", 'f(@"a""b)")'],
    ["<x a=\"@(f('\\''))\" />", "expression", "f('\\'')"],
    ['<x a="@(/* ) " */ 1 // ) "\n)" />', "expression", '/* ) " */ 1 // ) "\n'],
    ['<x a="@{ return "}"; }" />', "block", ' return "}"; '],
    ['<x a="@(a &lt; b &amp;&amp; c == &quot;)&quot;)" />', "expression", 'a < b && c == ")"'],
    ['<x a="@(a.Replace("&", "&amp;"))" />', "expression", 'a.Replace("&", "&amp;")'],
    ['<x a="@($"{{x}} {a["b"]} }}")" />', "expression", '$"{{x}} {a["b"]} }}"'],
  ])("reads %s as %s %s", (text, kind, value) => {
    expect(attribute(text, { x: "{{x}}" })).toEqual([kind, value]);
  });

  it.each([
    ["<x>@(a < b)</x>", "expression", "a < b"],
    ['<x>\n  @{\n return "</x>"; }\n</x>', "block", '\n return "</x>"; '],
    ["<x>a <!-- @( -->b</x>", "literal", "a b"],
    ["<x><![CDATA[a < b]]></x>", "literal", "a < b"],
    ["<x><![CDATA[@(a < b)]]></x>", "expression", "a < b"],
    ["<x/>", "literal", ""],
  ])("reads the content of %s as %s %s", (text, kind, value) => {
    expect(content(text)).toEqual([kind, value]);
  });

  it("puts named values in, also inside expressions, and keeps positions right behind them", () => {
    expect(attribute('<x a="{{one}}/{{two}}" />', { one: "1", two: "2" })).toEqual(["literal", "1/2"]);
    expect(attribute('<x a="@(f("{{one}}") + g)" />', { one: "long value" })).toEqual([
      "expression",
      'f("long value") + g',
    ]);
    expect(attribute('<x a="{{whole}}" />', { whole: '@("x")' })).toEqual(["expression", '"x"']);
    const value = read('<x a="@(f("{{one}}") + g)" />', { one: "long value" }).attributes.get("a")?.value;
    expect(value?.excerpt.position(value.excerpt.text.lastIndexOf("g"))).toEqual({
      file: "test.xml",
      line: 1,
      column: 24,
    });
  });

  it("knows line and column of every node", () => {
    const root = read('\uFEFF<?xml version="1.0"?>\r\n<a>\r\n  <b\r\n    c="1" />\r\n</a>');
    expect(root.position).toMatchObject({ line: 2, column: 1 });
    expect(root.children[0]?.position).toMatchObject({ line: 3, column: 3 });
    expect(root.children[0]?.attributes.get("c")?.position).toMatchObject({ line: 4, column: 5 });
    expect(root.children[0]?.attributes.get("c")?.value.position).toMatchObject({ line: 4, column: 8 });
  });
});

describe("what is not well-formed says where", () => {
  it.each([
    ["", 1, 1, "begins with an element"],
    ["<a>", 1, 1, "<a> has no end tag"],
    ["<a>\n</b>", 2, 1, "</b> stands where </a> is expected"],
    ["<a><b></a></b>", 1, 7, "</a> stands where </b> is expected"],
    ['<a b="1" b="2" />', 1, 10, '"b" stands twice'],
    ["<a b=1 />", 1, 6, "has to stand in quotes"],
    ['<a b="1"c="2" />', 1, 9, "a blank is missing"],
    ['<a b="1', 1, 7, 'the value of "b" has no end'],
    ['<a b="x & y" />', 1, 9, '"&" has to be written'],
    ['<a b="x < y" />', 1, 9, '"<" has to be written'],
    ["<a /><b />", 1, 6, "nothing may follow"],
    ["<a><!-- </a>", 1, 4, "comment has no end"],
    ['<a b="@(f(1)" />', 1, 7, "this expression has no end"],
    ['<a b="x @(1)" />', 1, 9, "has to be the whole value"],
    ["<!DOCTYPE a><a />", 1, 2, "an element's name is missing"],
    ['<a b="{{none}}" />', 1, 7, 'the named value "none" is not defined'],
  ])("%s at %i:%i", (text, line, column, problem) => {
    let error: unknown;
    try {
      read(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PolicyError);
    expect({ line: (error as PolicyError).line, column: (error as PolicyError).column }).toEqual({
      line,
      column,
    });
    expect((error as PolicyError).problem).toContain(problem);
  });
});

describe("named values", () => {
  it.each([
    [[{ name: "a b", value: "x" }], "its name"],
    [[{ name: "a", value: "x".repeat(4097) }], "4097 characters"],
    [[{ name: "a", value: "" }], "0 characters"],
    [[{ name: "a", value: "{{b}}" }], "refers to another"],
    [
      [
        { name: "a", value: "1" },
        { name: "a", value: "2" },
      ],
      "stands twice",
    ],
  ])("refuses %j", (values, problem) => {
    expect(() => checkNamedValues(values, "test")).toThrow(problem);
  });

  it("takes 4096 characters", () => {
    expect(checkNamedValues([{ name: "a.b-c_1", value: "x".repeat(4096) }], "test").size).toBe(1);
  });
});
