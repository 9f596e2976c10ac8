import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The test files that take longest, from the longest on; one that is missing here is no mistake. */
const LONGEST = [
  "test/faults/faults.test.ts",
  "infra/rehearsal.terraform.test.ts",
  "infra/releases.terraform.test.ts",
  "test/browser/accessibility.test.ts",
  "test/clients/inspector-page.test.ts",
  "test/clients/mcp-remote.test.ts",
  "test/operations/start.test.ts",
  "test/clients/sdk.test.ts",
  "test/clients/refresh.test.ts",
  "test/clients/recovery.test.ts",
  "doctor/doctor.test.ts",
  "test/attacks/in-a-browser.test.ts",
  "test/clients/inspector.test.ts",
  "test/operations/memory.test.ts",
  "test/clients/conformance.test.ts",
  "test/flows/lifetimes.test.ts",
  "twin/functions-host/start.test.ts",
  "test/attacks/any-request.property.test.ts",
  "test/operations/colleagues.test.ts",
];

/**
 * Begins with the test files that take longest, so that at the end no core waits for another. Vitest would go by what it
 * measured before, which a new checkout has nothing of, and then by the size of the files, which tells little.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.indexOf(relative(this.ctx.config.root, moduleId).replaceAll("\\", "/"));
      return found === -1 ? LONGEST.length : found;
    };
    // Those in a process of their own stay before all others, which share one.
    const alone = sorted.filter(({ project }) => project.config.isolate);
    const together = sorted.filter(({ project }) => !project.config.isolate);
    return [...alone, ...together.sort((a, b) => place(a) - place(b))];
  }
}
