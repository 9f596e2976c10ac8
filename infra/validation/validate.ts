import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadGatewayConfig } from "../../config/load.ts";
import { rules } from "../rules/rules.ts";
import { readDeploymentSettings } from "../settings/settings.ts";
import { type TerraformDocument, writeStack } from "../synthesize.ts";
import { startNobody } from "./nobody.ts";
import { type Outcome, runTerraform } from "./terraform.ts";

const UNREACHABLE =
  /Failed to query available provider packages|could not connect to registry|provider registry .* does not have/i;
/** What a data source says when it looks for something in Azure or Entra. */
const NEEDS_AZURE =
  /no such host|dial tcp|AADSTS|Unauthorized|AuthenticationFailed|InvalidAuthenticationToken/;

/** A deployment that does not exist. */
const NOWHERE = {
  subscription_id: "00000000-0000-0000-0000-000000000001",
  environment_name: "validation",
  location: "westeurope",
  publisher_email: "nobody@example.com",
};
/** Registering resource providers would be the first call to Azure. */
const OVERRIDE = { provider: { azurerm: { resource_providers_to_register: [] } } };

export interface ValidationOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Takes it as it is when the providers cannot be had. */
  readonly offline: boolean;
  readonly write: (line: string) => void;
}

/**
 * Checks the stack of these settings: our rules, Terraform's formatting, and with the providers themselves
 * `terraform validate` and a plan of a deployment that does not exist, in nobody's name.
 *
 * @returns the exit code: 0 when all that could be checked is well, 1 when something is wrong, 2 when the providers
 *   could not be had and `offline` was not said
 */
export async function validate({ environment, offline, write }: ValidationOptions): Promise<0 | 1 | 2> {
  const config = await loadGatewayConfig(join(import.meta.dirname, "../../gateway.config.ts"));
  const settings = readDeploymentSettings(environment);
  const folder = await mkdtemp(join(tmpdir(), "infra-validate-"));
  const nobody = await startNobody();
  try {
    await writeStack({ config, settings }, folder);
    const document: TerraformDocument = JSON.parse(await readFile(join(folder, "cdk.tf.json"), "utf8"));
    const findings = rules.flatMap((rule) => rule.check({ document, config, settings }));
    for (const finding of findings) write(finding);
    if (findings.length > 0) return 1;
    write(`rules: ${rules.length} hold`);

    const terraform = (...args: string[]) =>
      runTerraform(folder, args, { ...withoutCredentials(environment), ...nobody.environment });
    const failed = (step: string, { text }: Outcome): 1 => {
      write(`${step} failed:\n${text}`);
      return 1;
    };
    const formatted = await terraform("fmt", "-check", "-diff");
    if (formatted.code !== 0) return failed("terraform fmt", formatted);
    write("terraform fmt: well formatted");

    const initialized = await terraform("init", "-backend=false", "-input=false", "-no-color");
    if (initialized.code !== 0) {
      if (!UNREACHABLE.test(initialized.text)) return failed("terraform init", initialized);
      write(
        "terraform init: the providers cannot be had from here, so nothing was held against their own schemas.",
      );
      if (offline) return 0;
      write(
        "Run this where registry.terraform.io or a mirror of it answers, or say --offline to leave it at that.",
      );
      return 2;
    }
    const valid = await terraform("validate", "-no-color");
    if (valid.code !== 0) return failed("terraform validate", valid);
    write("terraform validate: valid");

    await rm(join(folder, "backend.tf"), { force: true });
    const values = Object.entries(NOWHERE).filter(([name]) => name in (document.variable ?? {}));
    await writeFile(join(folder, "nowhere.auto.tfvars.json"), JSON.stringify(Object.fromEntries(values)));
    await writeFile(join(folder, "nowhere_override.tf.json"), JSON.stringify(OVERRIDE));
    const planned = await terraform("plan", "-input=false", "-lock=false", "-no-color");
    if (planned.code === 0) {
      write(`terraform plan: ${/^Plan: .*$/m.exec(planned.text)?.[0] ?? "complete"}`);
      return 0;
    }
    const errors = planned.text.split(/^Error: /m).slice(1);
    if (errors.length === 0 || !errors.every((error) => NEEDS_AZURE.test(error))) {
      return failed("terraform plan", planned);
    }
    write(
      `terraform plan: goes as far as what exists in Azure, which nobody may read:\n${errors.join("\n")}`,
    );
    return 0;
  } finally {
    await nobody.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whoever is signed in on this machine stays out of it. */
function withoutCredentials(
  environment: ValidationOptions["environment"],
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(ARM|AZURE)_/.test(name)));
}

if (import.meta.main) {
  process.exitCode = await validate({
    environment: process.env,
    offline: process.argv.includes("--offline"),
    write: (line) => process.stdout.write(`${line}\n`),
  });
}
