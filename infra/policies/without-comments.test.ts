import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { POLICIES_FOLDER, readPolicy } from "./policy-file.ts";
import { withoutComments } from "./without-comments.ts";

const files = readdirSync(POLICIES_FOLDER, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".xml"));

describe("a policy as it is deployed", () => {
  it.each(files)("OPS-1 has no comment, which API Management would not keep: %s", (file) => {
    expect(readPolicy(file, "full")).not.toContain("<!--");
  });

  it("keeps each line where its file has it, for the line numbers in API Management's errors", () => {
    expect(withoutComments("<!-- one\n     two -->\r\n<a>\n  <!-- three --><b />\n</a>\n")).toBe(
      "\n\r\n<a>\n  <b />\n</a>\n",
    );
  });

  it.each([
    ['<a b="@("<!-- no comment -->")" />'],
    ['<a b="@(f("(", \'"\', @"<!-- ""a"" -->", $"{g("<!-- b -->")} {{ <!-- c -->"))" />'],
    ['<a b="@(\'\\\'\' + "<!-- a -->")" />'],
    ["<a b='@(\"<!-- a -->\")' />"],
    ['<a>@{ return "<!-- a -->"; /* <!-- b --> */ }</a>'],
    ["<a>@{ // it's <!-- a -->\n return 1; }</a>"],
    ["<a><![CDATA[<!-- a -->]]></a>"],
    ['<a b="me@example.com" c="@" />'],
  ])("keeps what only looks like a comment: %s", (policy) => {
    expect(withoutComments(policy)).toBe(policy);
  });

  it.each([
    ["<a><!-- @( \" ' --><b /></a>", "<a><b /></a>"],
    ['<a b="@(f("(", g))" /><!-- a --><c />', '<a b="@(f("(", g))" /><c />'],
    [
      '<a b="@(f(&quot;(&quot;, &quot;)&quot;))" /><!-- a --><c />',
      '<a b="@(f(&quot;(&quot;, &quot;)&quot;))" /><c />',
    ],
    ["<a>@(b &lt; c &amp;&amp; '(' == d)</a><!-- a -->", "<a>@(b &lt; c &amp;&amp; '(' == d)</a>"],
    ['<a>@{ return "it\'s"; }<!-- a --></a>', '<a>@{ return "it\'s"; }</a>'],
    ['<a b="@($@"(""{f(")")}\\")" /><!-- a -->', '<a b="@($@"(""{f(")")}\\")" />'],
    ["<a>100 @(</a><!-- a --><b />", "<a>100 @(</a><b />"],
  ])("finds the comment in %s", (policy, expected) => {
    expect(withoutComments(policy)).toBe(expected);
  });
});
