import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { validate } from "./validate.ts";

let folder: string;
let environment: Record<string, string | undefined>;

/** Terraform that finds no provider anywhere, whatever this machine could reach. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "validate-"));
  const mirror = join(folder, "mirror");
  await mkdir(mirror);
  await writeFile(
    join(folder, "terraformrc"),
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
  );
  environment = { PATH: process.env["PATH"], TF_CLI_CONFIG_FILE: join(folder, "terraformrc") };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function outcome(extra: Record<string, string>, offline: boolean) {
  const lines: string[] = [];
  const code = await validate({
    environment: { ...environment, ...extra },
    offline,
    write: (line) => lines.push(line),
  });
  return { code, text: lines.join("\n") };
}

describe("npm run infra:validate, where no provider can be had", { timeout: 120_000 }, () => {
  it("says what it could not check, and fails", async () => {
    const { code, text } = await outcome({}, false);
    expect(code).toBe(2);
    expect(text).toContain("rules: ");
    expect(text).toContain("the providers cannot be had from here");
    expect(text).toContain("--offline");
    expect(text).not.toContain("validate: valid");
  });

  it("says the same and is content with --offline", async () => {
    const { code, text } = await outcome({}, true);
    expect(code).toBe(0);
    expect(text).toContain("nothing was held against their own schemas");
  });

  it("checks the formatting of a remote state's file", async () => {
    const remote = {
      RS_RESOURCE_GROUP: "state",
      RS_STORAGE_ACCOUNT: "statestore",
      RS_CONTAINER_NAME: "tfstate",
    };
    expect(await outcome(remote, true)).toMatchObject({
      code: 0,
      text: expect.stringContaining("well formatted"),
    });
  });
});
