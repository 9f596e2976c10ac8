import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { faults, requirementsDocument, testsByRequirement } from "./requirements-table.ts";

const tests = await testsByRequirement();
const wrong = faults(tests);
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join("\n")}\n`);
  process.exitCode = 1;
} else {
  await writeFile(join(import.meta.dirname, "REQUIREMENTS.md"), requirementsDocument(tests));
}
