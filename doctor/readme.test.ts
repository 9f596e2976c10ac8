import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checks } from "./checks/index.ts";
import { NO_ANSWER } from "./examine.ts";

const README = join(import.meta.dirname, "README.md");
const BEGIN = "<!-- checks: begin -->";
const END = "<!-- checks: end -->";

/** One row a code; `UPDATE_README=1 npx vitest run doctor/readme` writes it. */
function table(): string {
  const rows = checks.flatMap(({ name, title, catalogue }) =>
    Object.entries(catalogue).map(
      ([code, { level, means }], index) =>
        `| ${index === 0 ? `${title} (\`${name}\`)` : ""} | \`${code}\` | ${level} | ${means} |`,
    ),
  );
  return ["| Check | Code | Level | Means |", "|---|---|---|---|", ...rows].join("\n");
}

/** A formatter may pad the columns. */
function withoutPadding(text: string): string {
  return text
    .replace(/ +/g, " ")
    .replace(/-{3,}/g, "---")
    .replaceAll("| --- ", "|---")
    .replaceAll("--- |", "---|");
}

it("the README lists every check and code", async () => {
  const text = await readFile(README, "utf8");
  const [before = "", rest = ""] = text.split(BEGIN);
  const [written = "", after = ""] = rest.split(END);
  if (process.env["UPDATE_README"]) {
    await writeFile(README, `${before}${BEGIN}\n${table()}\n${END}${after}`);
    return;
  }
  expect(withoutPadding(written.trim())).toBe(withoutPadding(table()));
});

it("checks stand behind those that they need, under names of their own", () => {
  for (const [index, { needs }] of checks.entries()) {
    for (const need of needs) expect(checks.slice(0, index)).toContain(need);
  }
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
  expect(checks.flatMap(({ catalogue }) => Object.keys(catalogue))).not.toContain(NO_ANSWER);
});
