import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNobody } from "./nobody.ts";
import { validate } from "./validate.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "validate-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Stands for Terraform with the providers: notes what it is asked, and fails in the step that it is told to. */
const FAKE_TERRAFORM = `#!/usr/bin/env node
const step = process.argv[2];
const { appendFileSync, readFileSync } = require("node:fs");
const note = { step, env: Object.keys(process.env).filter((name) => /^(ARM|AZURE)_/.test(name)).sort() };
if (step === "plan") note.override = JSON.parse(readFileSync("nowhere_override.tf.json", "utf8"));
appendFileSync(process.env.NOTES, JSON.stringify(note) + "\\n");
if (step === process.env.FAIL_IN) { process.stderr.write(process.env.SAYING); process.exit(1); }
if (step === "plan") process.stdout.write("Plan: 3 to add, 0 to change, 0 to destroy.\\n");
`;

describe("npm run infra:validate, where the providers can be had", () => {
  let notes: string;

  async function withTerraform(failIn = "", saying = "") {
    const bin = await mkdtemp(join(folder, "bin-"));
    notes = join(bin, "notes");
    await writeFile(join(bin, "terraform"), FAKE_TERRAFORM);
    await chmod(join(bin, "terraform"), 0o755);
    const lines: string[] = [];
    const code = await validate({
      environment: {
        PATH: `${bin}${delimiter}${process.env["PATH"]}`,
        NOTES: notes,
        FAIL_IN: failIn,
        SAYING: saying,
        ARM_CLIENT_SECRET: "an operator's own",
        AZURE_CLIENT_ID: "an operator's own",
      },
      offline: false,
      write: (line) => lines.push(line),
    });
    return { code, text: lines.join("\n") };
  }

  it("validates and plans, in nobody's name and without a call to register anything", async () => {
    const { code, text } = await withTerraform();
    expect(code).toBe(0);
    expect(text).toContain("terraform validate: valid");
    expect(text).toContain("terraform plan: Plan: 3 to add");
    const asked = (await readFile(notes, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(asked.map(({ step }) => step)).toEqual(["fmt", "init", "validate", "plan"]);
    for (const { env } of asked) {
      expect(env).toEqual([
        "ARM_MSI_ENDPOINT",
        "ARM_PROVIDER_ENHANCED_VALIDATION",
        "ARM_TENANT_ID",
        "ARM_USE_CLI",
        "ARM_USE_MSI",
      ]);
    }
    expect(asked.at(-1).override).toEqual({ provider: { azurerm: { resource_providers_to_register: [] } } });
  });

  it.each(["fmt", "init", "validate", "plan"])("fails when %s does", async (step) => {
    const { code, text } = await withTerraform(step, "\nError: Unsupported argument\n");
    expect(code).toBe(1);
    expect(text).toContain(`terraform ${step} failed`);
    expect(text).toContain("Unsupported argument");
  });

  it("says so when a plan needs something that exists in Azure", async () => {
    const { code, text } = await withTerraform(
      "plan",
      "\nError: reading the service: dial tcp: no such host\n",
    );
    expect(code).toBe(0);
    expect(text).toContain("goes as far as what exists in Azure");
  });

  it("fails on anything else beside it", async () => {
    const saying = "\nError: dial tcp: no such host\n\nError: expected sku_name to be one of\n";
    expect((await withTerraform("plan", saying)).code).toBe(1);
  });
});

describe("nobody", () => {
  it("has tokens for what is asked, unsigned", async () => {
    const nobody = await startNobody();
    try {
      const response = await fetch(
        `${nobody.environment["ARM_MSI_ENDPOINT"]}?resource=https%3A%2F%2Fexample`,
      );
      const { access_token } = (await response.json()) as { access_token: string };
      const [header = "", claims = "", signature] = access_token.split(".");
      const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
      expect(read(header).alg).toBe("none");
      expect(read(claims).aud).toBe("https://example");
      expect(signature).toBe("");
    } finally {
      await nobody.stop();
    }
  });
});
