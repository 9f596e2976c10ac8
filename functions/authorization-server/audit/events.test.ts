import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const read = (path: string) => readFile(resolve(import.meta.dirname, path), "utf8");

it("documents each event that there is, and none that there is not", async () => {
  const [, declared = ""] =
    /export interface AuditEvents \{([\s\S]*?)\n\}/.exec(await read("events.ts")) ?? [];
  const [, documented = ""] = /## Events\n([\s\S]*?)\n## /.exec(await read("../../../docs/audit.md")) ?? [];
  const events = [...declared.matchAll(/^ {2}readonly (\w+):/gm)].map(([, name]) => name);
  const rows = [...documented.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(events.length).toBeGreaterThan(10);
  expect(rows).toEqual(events);
});
