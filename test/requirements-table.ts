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

/** The table as `test/REQUIREMENTS.md` has it. */
export function requirementsDocument(tests: ReadonlyMap<string, readonly string[]>): string {
  const row = ({ id, holds, source }: Requirement) => {
    const files = (tests.get(id) ?? []).map((path) => `[${path.split("/").at(-1)}](../${path})`).join(", ");
    return `| ${id} | ${holds} | ${source} | ${files} |`;
  };
  return `# Requirements

Each requirement has an ID; the tests that prove it carry the ID in their names. \`npm run requirements\` writes this file from
\`requirements.ts\` and the tests. [README.md](README.md) says how to run and add tests.

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
