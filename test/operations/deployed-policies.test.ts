import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ElementNode, readPolicyDocument, SourceFile } from "apim-local-gateway";
import { describe, expect, it } from "vitest";
import { POLICIES_FOLDER, readPolicy } from "../../infra/policies/policy-file.ts";

const files = readdirSync(POLICIES_FOLDER, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".xml"));

/** The elements, attributes and text of a policy, each with its line. */
function compiled(file: string, text: string) {
  const names = new Map([...text.matchAll(/\{\{([\w.-]+)\}\}/g)].map(([, name = ""]) => [name, `{${name}}`]));
  const outline = (node: ElementNode): unknown => ({
    name: node.name,
    line: node.position.line,
    attributes: [...node.attributes.values()].map(({ name, position, value }) => ({
      name,
      line: position.line,
      kind: value.kind,
      text: value.excerpt.text,
    })),
    text: [node.text.kind, node.text.excerpt.text.trim()],
    children: node.children.map(outline),
  });
  return outline(readPolicyDocument(new SourceFile(file, text), names));
}

describe("a policy as API Management gets it", () => {
  it.each(files)("OPS-1 reads the same as its file, on the same lines, without a comment: %s", (file) => {
    const text = readFileSync(join(POLICIES_FOLDER, file), "utf8");
    const deployed = readPolicy(file, "full");
    expect(deployed).not.toContain("<!--");
    expect(compiled(file, deployed)).toEqual(compiled(file, text));
  });

  it("tells another policy from the file", () => {
    const text = readFileSync(join(POLICIES_FOLDER, "mcp/api.xml"), "utf8");
    const changed = text.replace("<base />", "");
    expect(compiled("mcp/api.xml", changed)).not.toEqual(compiled("mcp/api.xml", text));
  });
});
