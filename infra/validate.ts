import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadGatewayConfig } from "../config/load.ts";
import { rules } from "./rules/rules.ts";
import { readDeploymentSettings } from "./settings/settings.ts";
import { type TerraformDocument, writeStack } from "./synthesize.ts";

/** Long enough to download the providers. */
const TIMEOUT = 600_000;

const UNREACHABLE =
  /Failed to query available provider packages|could not connect to registry|Failed to install provider/;
const NOT_SIGNED_IN =
  /AADSTS|authoriz|authenticat|unable to build|token|login\.microsoftonline\.com|no such host/i;

/** A deployment that does not exist, with an identity that does not either. */
const NOWHERE = {
  subscription_id: "00000000-0000-0000-0000-000000000001",
  environment_name: "validation",
  location: "westeurope",
  publisher_email: "nobody@example.com",
};
const NOBODY = {
  ARM_TENANT_ID: "00000000-0000-0000-0000-000000000002",
  ARM_CLIENT_ID: "00000000-0000-0000-0000-000000000003",
  ARM_CLIENT_SECRET: "not-a-secret",
  ARM_USE_CLI: "false",
};

export interface ValidationOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Takes it as it is when the providers cannot be had. */
  readonly offline: boolean;
  readonly write: (line: string) => void;
}

/**
 * Checks the stack of these settings: our rules, Terraform's formatting, and with the providers' own schemas
 * `terraform validate` and as much of a plan as nobody's credentials allow.
 *
 * @returns the exit code: 0 when all that could be checked is well, 1 when something is wrong, 2 when the providers
 *   could not be had and `offline` was not said
 */
export async function validate({ environment, offline, write }: ValidationOptions): Promise<0 | 1 | 2> {
  const config = await loadGatewayConfig(join(import.meta.dirname, "../gateway.config.ts"));
  const settings = readDeploymentSettings(environment);
  const folder = await mkdtemp(join(tmpdir(), "infra-validate-"));
  try {
    await writeStack({ config, settings }, folder);
    const document: TerraformDocument = JSON.parse(await readFile(join(folder, "cdk.tf.json"), "utf8"));
    const findings = rules.flatMap((rule) => rule.check({ document, config, settings }));
    for (const finding of findings) write(finding);
    if (findings.length > 0) return 1;
    write(`rules: ${rules.length} hold`);

    const terraform = (...args: string[]) => runTerraform(folder, args, environment);
    const formatted = terraform("fmt", "-check", "-diff");
    if (formatted.code !== 0) return failed(write, "terraform fmt", formatted.text);
    write("terraform fmt: well formatted");

    const initialized = terraform("init", "-backend=false", "-input=false", "-no-color");
    if (initialized.code !== 0) {
      if (!UNREACHABLE.test(initialized.text)) return failed(write, "terraform init", initialized.text);
      write(
        "terraform init: the providers cannot be had from here, so nothing was held against their own schemas.",
      );
      if (offline) return 0;
      write(
        "Run this where registry.terraform.io or a mirror of it answers, or say --offline to leave it at that.",
      );
      return 2;
    }
    const valid = terraform("validate", "-no-color");
    if (valid.code !== 0) return failed(write, "terraform validate", valid.text);
    write("terraform validate: valid");

    await writeFile(join(folder, "nowhere.auto.tfvars.json"), JSON.stringify(NOWHERE));
    await rm(join(folder, "backend.tf"), { force: true });
    const planned = terraform("plan", "-input=false", "-lock=false", "-refresh=false", "-no-color");
    if (planned.code === 0) {
      write("terraform plan: complete");
      return 0;
    }
    const errors = planned.text.split(/^Error: /m).slice(1);
    const others = errors.filter((error) => !NOT_SIGNED_IN.test(error));
    if (errors.length === 0 || others.length > 0) return failed(write, "terraform plan", planned.text);
    write("terraform plan: goes as far as signing in to Azure, which nobody's credentials cannot");
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runTerraform(
  folder: string,
  args: readonly string[],
  environment: ValidationOptions["environment"],
) {
  const { status, stdout, stderr, error } = spawnSync("terraform", args, {
    cwd: folder,
    env: { ...environment, ...NOBODY, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    encoding: "utf8",
    timeout: TIMEOUT,
  });
  return { code: status ?? 1, text: `${stdout ?? ""}${stderr ?? ""}${error ? error.message : ""}` };
}

function failed(write: ValidationOptions["write"], step: string, text: string): 1 {
  write(`${step} failed:\n${text}`);
  return 1;
}

if (import.meta.main) {
  process.exitCode = await validate({
    environment: process.env,
    offline: process.argv.includes("--offline"),
    write: (line) => process.stdout.write(`${line}\n`),
  });
}
