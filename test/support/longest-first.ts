import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The test files that take longest, from the longest on; one that is missing here is no mistake. */
const LONGEST = [
  "infra/rehearsal.terraform.test.ts",
  "infra/rehearsal-of-settings.terraform.test.ts",
  "test/faults/store.test.ts",
  "test/faults/entra.test.ts",
  "test/faults/functions-host.test.ts",
  "test/faults/key-vault.test.ts",
  "test/clients/sdk.test.ts",
  "doctor/doctor.test.ts",
  "test/browser/accessibility.test.ts",
  "test/clients/inspector-page.test.ts",
  "test/clients/inspector.test.ts",
  "test/operations/start.test.ts",
  "test/operations/memory.test.ts",
  "test/clients/mcp-remote.test.ts",
  "test/clients/refresh.test.ts",
  "test/clients/recovery.test.ts",
  "test/clients/conformance.test.ts",
  "twin/functions-host/start.test.ts",
  "infra/releases.terraform.test.ts",
  "test/attacks/stolen-clicks.test.ts",
  "test/attacks/in-a-browser.test.ts",
  "test/attacks/any-request.property.test.ts",
  "test/clients/redirect-uris.test.ts",
  "test/browser/entra-answer.test.ts",
  "test/browser/account.test.ts",
  "test/browser/consent-page.test.ts",
  "test/clients/popup.test.ts",
  "test/operations/colleagues.test.ts",
  "infra/synthesize.test.ts",
  "test/flows/lifetimes.test.ts",
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
