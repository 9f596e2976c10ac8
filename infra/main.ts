import { join, relative } from "node:path";
import { loadGatewayConfig } from "../config/load.ts";
import { notices } from "./settings/notices.ts";
import { readDeploymentSettings } from "./settings/settings.ts";
import { writeStack } from "./synthesize.ts";

/**
 * Writes the Terraform of this deployment: gateway.config.ts says what it serves, the environment how it is deployed.
 *
 * @throws Error with a line for each field or setting that is wrong
 */
export async function synth(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = await loadGatewayConfig(join(import.meta.dirname, "../gateway.config.ts"));
  const settings = readDeploymentSettings(environment);
  const files = await writeStack({ config, settings });
  for (const notice of notices(settings, config)) process.stderr.write(`Note: ${notice}\n`);
  process.stdout.write(`${files.map((file) => relative(process.cwd(), file)).join("\n")}\n`);
}

if (import.meta.main) {
  try {
    await synth(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
