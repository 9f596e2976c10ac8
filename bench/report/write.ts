import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const README = join(import.meta.dirname, "../README.md");
const BEGIN = "<!-- last run: begin -->";
const END = "<!-- last run: end -->";

/** Puts a run's report between the README's two markers. @throws Error when they are not there */
export async function writeReport(text: string): Promise<void> {
  const readme = await readFile(README, "utf8");
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${README}: a marker is missing`);
  await writeFile(README, `${before}${BEGIN}\n\n${text}\n\n${END}${after}`);
}
