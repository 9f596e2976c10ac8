import { describe, expect, it } from "vitest";
import { escapeAllTemplates, escapeTemplates, unescapeTemplates } from "./escape.ts";

describe("escaping for Terraform", () => {
  it.each(["${a}", "%{ if x }", "$${a}", "$ {a}", "100%", "$$$", "${${a}}", "", "{{named-value}}"])(
    "comes back from %j",
    (text) => {
      expect(unescapeTemplates(escapeTemplates(text))).toBe(text);
    },
  );

  it("doubles what opens a template and nothing else", () => {
    expect(escapeTemplates('@("${x}" + "%{y}" + "$z %w")')).toBe('@("$${x}" + "%%{y}" + "$z %w")');
  });

  it("reaches every string of a value, and leaves its keys", () => {
    expect(escapeAllTemplates({ a: ["${x}", 1, null], "${key}": { b: true } })).toEqual({
      a: ["$${x}", 1, null],
      "${key}": { b: true },
    });
  });
});
