import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isBuilt, recordBuild } from "./built-before.ts";

let folder: string;
let source: string;
const OUTPUTS = ["app.mjs"];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "built-before-"));
  source = join(folder, "source.ts");
  await writeFile(source, "source");
  await writeFile(join(folder, "app.mjs"), "bundle");
  await recordBuild(folder, [source, "node_modules/jose/package.json"], OUTPUTS);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("isBuilt", () => {
  it("is true as long as neither an input nor an output changes", async () => {
    expect(await isBuilt(folder, OUTPUTS)).toBe(true);
    await utimes(source, 1, 1);
    expect(await isBuilt(folder, OUTPUTS)).toBe(true);
  });

  it("is false after an input changed, and true again when it is as before", async () => {
    await writeFile(source, "sourcE");
    expect(await isBuilt(folder, OUTPUTS)).toBe(false);
    await writeFile(source, "source");
    expect(await isBuilt(folder, OUTPUTS)).toBe(true);
  });

  it("is false when an input is gone, or the record is", async () => {
    await rm(source);
    expect(await isBuilt(folder, OUTPUTS)).toBe(false);
    await writeFile(source, "source");
    await rm(join(folder, "built.json"));
    expect(await isBuilt(folder, OUTPUTS)).toBe(false);
  });

  it("is false when an output was written since, is gone, or was never built", async () => {
    expect(await isBuilt(folder, [...OUTPUTS, "other.mjs"])).toBe(false);
    await utimes(join(folder, "app.mjs"), 1, 1);
    expect(await isBuilt(folder, OUTPUTS)).toBe(false);
    await rm(join(folder, "app.mjs"));
    expect(await isBuilt(folder, OUTPUTS)).toBe(false);
  });
});
