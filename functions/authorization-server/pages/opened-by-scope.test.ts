import { describe, expect, it } from "vitest";
import { parseGatewayConfig } from "../../../config/load.ts";
import { resolveGateway } from "../../../config/resolve.ts";
import type { GatewayConfigInput } from "../../../config/schema.ts";
import { ISSUER } from "../testing/gateway.ts";
import { de } from "./languages/de.ts";
import { en } from "./languages/en.ts";
import { openedByScope } from "./opened-by-scope.ts";

type Rules = Pick<GatewayConfigInput["servers"][number], "tools" | "prompts" | "resources">;

/** A server with two required scopes and two optional ones. */
function openedBy(scope: string, rules: Rules, language = en): string[] {
  const server = {
    name: "files",
    title: "Files",
    backend: { url: "https://files.example/mcp" },
    entra: { scope: "api://files/Use" },
    scopes: [
      { name: "use", description: "use it" },
      { name: "base", description: "need it, too" },
      { name: "write", description: "change files", required: false },
      { name: "admin", description: "change settings", required: false },
    ],
    ...rules,
  };
  const config = parseGatewayConfig({ servers: [server] }, "test");
  const [resolved] = resolveGateway(config, { origin: ISSUER, apps: {} }).servers;
  if (!resolved) throw new Error("no server");
  const { markup } = openedByScope(language, resolved, scope);
  return [...markup.matchAll(/<small>(.*?)<\/small>/g)].map(([, line = ""]) =>
    line.replace(/<\/?code>/g, "'"),
  );
}

const write = (name: string) => ({ name, scopes: ["write"] });

describe("what a scope opens", () => {
  it("CON-8 is nothing to say where no rule is about scopes", () => {
    expect(openedBy("use", {})).toEqual([]);
    const byRole = { tools: { rules: [{ name: "delete_*", roles: ["Admin"] }] } };
    expect(openedBy("use", byRole)).toEqual([]);
  });

  it("CON-8 names the tools, prompts and resources whose rules need it", () => {
    const rules: Rules = {
      tools: { rules: [write("save"), write("rename"), { name: "purge", scopes: ["admin"] }] },
      prompts: { rules: [write("draft-*")] },
      resources: { rules: [{ uri: "file://*", scopes: ["write", "admin"] }] },
    };
    expect(openedBy("write", rules)).toEqual([
      "Tools: 'save', 'rename'",
      "Prompts: 'draft-*'",
      "Resources: 'file://*'",
    ]);
    expect(openedBy("admin", rules)).toEqual(["Tools: 'purge'", "Resources: 'file://*'"]);
  });

  it("CON-8 is all the rest for the first required scope alone", () => {
    const rules: Rules = { tools: { rules: [write("save")] } };
    expect(openedBy("use", rules)).toEqual(["All tools that need no other permission"]);
    expect(openedBy("base", rules)).toEqual([]);
  });

  it("CON-8 is what a rule allows where the rest is denied; what is denied to everybody is left out", () => {
    const rules: Rules = {
      tools: { default: "deny", rules: [{ name: "list" }, write("save"), { name: "drop", deny: true }] },
    };
    expect(openedBy("use", rules)).toEqual(["Tools: 'list'"]);
    expect(openedBy("write", rules)).toEqual(["Tools: 'save'"]);
  });

  it.each([
    [6, "Tools: 'a1', 'a2', 'a3', 'a4', 'a5', 'a6'", en],
    [7, "Tools: 'a1', 'a2', 'a3', 'a4', 'a5' and 2 more", en],
    [30, "Tools: 'a1', 'a2', 'a3', 'a4', 'a5' und 25 weitere", de],
  ])("CON-8 is cut where there are many: %i", (count, shown, language) => {
    const rules = Array.from({ length: count }, (_, index) => write(`a${index + 1}`));
    expect(openedBy("write", { tools: { rules } }, language)).toEqual([shown]);
  });

  it("CON-6 is text, whatever it says", () => {
    const rules = { tools: { rules: [write("<b>&*")] } };
    expect(openedBy("write", rules)).toEqual(["Tools: '&lt;b&gt;&amp;*'"]);
  });
});
