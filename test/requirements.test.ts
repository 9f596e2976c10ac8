import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { requirements } from "./requirements.ts";
import { faults, requirementsDocument, testsByRequirement } from "./requirements-table.ts";

describe("the requirements", () => {
  it("each have a test, and no test names another", async () => {
    expect(faults(await testsByRequirement())).toEqual([]);
  });

  it("stand once each", () => {
    const ids = requirements.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("are in test/REQUIREMENTS.md as `npm run requirements` writes it", async () => {
    const written = await readFile(join(import.meta.dirname, "REQUIREMENTS.md"), "utf8");
    expect(written).toBe(requirementsDocument(await testsByRequirement()));
  });
});

describe("faults", () => {
  it("names a requirement without a test and an ID without a requirement", async () => {
    const tests = new Map(await testsByRequirement());
    const [first] = requirements;
    tests.delete(first?.id ?? "");
    tests.set("GW-999", ["test/some.test.ts"]);
    expect(faults(tests)).toEqual([
      `${first?.id} is in no test`,
      "GW-999, in test/some.test.ts, is no requirement",
    ]);
  });
});
