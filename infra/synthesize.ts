import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { App } from "cdktf";
import type { GatewayConfig } from "../config/schema.ts";
import { azdFiles } from "./azd/files.ts";
import type { DeploymentSettings } from "./settings/settings.ts";
import { GatewayStack } from "./stack.ts";

/** Where `npm run synth` writes, and where azure.yaml lets azd look. */
const STACK_FOLDER = resolve(import.meta.dirname, "../cdktf.out/stacks/gateway");

/** cdk.tf.json, as far as anything here looks into it. */
export interface TerraformDocument {
  readonly resource: Readonly<Record<string, Readonly<Record<string, TerraformBlock>>>>;
  readonly data?: Readonly<Record<string, Readonly<Record<string, TerraformBlock>>>>;
  readonly output?: Readonly<Record<string, TerraformBlock>>;
  readonly variable?: Readonly<Record<string, TerraformBlock>>;
  readonly locals?: Readonly<Record<string, unknown>>;
  readonly provider: Readonly<Record<string, readonly TerraformBlock[]>>;
  readonly terraform: TerraformBlock;
}

export type TerraformBlock = Readonly<Record<string, unknown>>;

export interface SynthesisOptions {
  readonly config: GatewayConfig;
  readonly settings: DeploymentSettings;
}

/**
 * @returns what Terraform is given; the same for the same options, on any machine
 * @throws Error when the configuration does not fit the settings: a server's app that is not deployed
 */
export function synthesize({ config, settings }: SynthesisOptions): TerraformDocument {
  const stack = new GatewayStack(new App({ skipValidation: true }), "gateway", { config, settings });
  stack.prepareStack();
  const document = stack.toTerraform();
  // CDKTF's note about itself, and a backend whose path would be this machine's. azd says where the state is.
  delete document["//"];
  delete document.terraform.backend;
  for (const kind of ["resource", "data", "variable", "output"]) dropNotes(document[kind]);
  return document;
}

/**
 * Writes the stack's folder anew.
 *
 * @returns the files written, absolute
 */
export async function writeStack(
  options: SynthesisOptions,
  folder: string = STACK_FOLDER,
): Promise<string[]> {
  const files = {
    "cdk.tf.json": `${JSON.stringify(synthesize(options), null, 2)}\n`,
    ...azdFiles(options.settings),
  };
  await mkdir(folder, { recursive: true });
  await rm(join(folder, "backend.tf"), { force: true });
  await rm(join(folder, "provider.conf.json"), { force: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return Object.keys(files).map((name) => join(folder, name));
}

/** CDKTF leaves a "//" with the construct's path in each block. */
function dropNotes(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const block = value as Record<string, unknown>;
  delete block["//"];
  for (const each of Object.values(block)) dropNotes(each);
}
