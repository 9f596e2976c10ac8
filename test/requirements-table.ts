import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { type Requirement, requirements } from "./requirements.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
const NOT_OURS = new Set(["node_modules", "dist", ".git", ".stryker", ".twin", "cdktf.out", "coverage"]);
/** As they stand in the names of tests. */
const ID = /\b(?:DIS|CLI|AUT|CON|CAL|TOK|SES|GW|OPS)-\d+\b/g;

/** Where each ID stands in tests: paths relative to the repository, sorted. */
export async function testsByRequirement(): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, Set<string>>();
  for (const file of await testFiles(REPOSITORY)) {
    const path = relative(REPOSITORY, file).replaceAll("\\", "/");
    for (const [id] of (await readFile(file, "utf8")).matchAll(ID)) {
      found.set(id, (found.get(id) ?? new Set()).add(path));
    }
  }
  return new Map([...found].map(([id, paths]) => [id, [...paths].sort()]));
}

/**
 * What is wrong between the requirements and the tests.
 *
 * @returns a sentence for each requirement without a test, and each ID in a test that is no requirement's
 */
export function faults(tests: ReadonlyMap<string, readonly string[]>): string[] {
  const known = new Set(requirements.map(({ id }) => id));
  return [
    ...requirements.filter(({ id }) => !tests.has(id)).map(({ id }) => `${id} is in no test`),
    ...[...tests.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `${id}, in ${tests.get(id)?.join(", ")}, is no requirement`),
  ];
}

/** The table as `test/README.md` holds it. */
export function readme(tests: ReadonlyMap<string, readonly string[]>): string {
  const row = ({ id, holds, source }: Requirement) => {
    const files = (tests.get(id) ?? []).map((path) => `[${path.split("/").at(-1)}](../${path})`).join(", ");
    return `| ${id} | ${holds} | ${source} | ${files} |`;
  };
  return `# Tests

Unit tests stand beside the code. Here are those that go through the gateway, over HTTP, with nothing mocked between client and
store: \`flows/\`, \`attacks/\` (named after what they refuse), \`operations/\` (starting, outages, memory), \`faults/\` (tables of what each fault
of a part gives at each step), \`keys/\`, \`clients/\` (real MCP clients) and \`browser/\` (pages in Chromium).

What must hold has an ID, which stands in the names of the tests that prove it: \`npx vitest run -t TOK-4\` runs those of one row. The
table is written by \`npm run requirements\` from \`requirements.ts\` and the tests; a row without a test, or an ID that is no row's,
fails the tests.

| ID | Holds | Source | Tests |
|---|---|---|---|
${requirements.map(row).join("\n")}
`;
}

async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await testFiles(path)));
    else if (entry.name.endsWith(".test.ts") && entry.name !== "requirements.test.ts") files.push(path);
  }
  return files.sort();
}
