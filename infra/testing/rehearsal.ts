import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll } from "vitest";
import type { TerraformDocument } from "../synthesize.ts";
import { type Azd, playAzd } from "./azd.ts";
import { withoutProviders } from "./stand-in.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** What synthesis and the hooks read; the rest of the repository has no part in them. */
const NEEDED = [
  "azure.yaml",
  "config",
  "functions",
  "gateway.config.ts",
  "infra",
  "package.json",
  "policies",
  "tsconfig.json",
];

/** Of a test, or of what comes before it: some ten commands, on a busy machine. */
export const TIMEOUT = 600_000;

export const ENVIRONMENT = {
  AZURE_ENV_NAME: "rehearsal",
  AZURE_LOCATION: "westeurope",
  AZURE_SUBSCRIPTION_ID: "11111111-2222-3333-4444-555555555555",
  GATEWAY_PUBLISHER_EMAIL: "operators@example.com",
};

/** Stands for azd where a hook calls it: notes what it was asked. */
const FAKE_AZD = `#!/usr/bin/env node
require("node:fs").appendFileSync(__dirname + "/calls", process.argv.slice(2).join(" ") + "\\n");
if (process.argv[2] === "auth") process.stdout.write(JSON.stringify({ token: "for-a-rehearsal" }));
`;

/** A copy of the project, in which azd is played. */
export interface Rehearsal {
  readonly project: string;
  /** An azd with one environment, whose hooks find the stand-in for azd first. */
  azd(environment?: Readonly<Record<string, string>>): Azd;
}

/** One copy for all tests of a file. */
export function useRehearsal(): Rehearsal {
  let project = "";
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "rehearsal-"));
    for (const name of NEEDED) await cp(join(REPOSITORY, name), join(project, name), { recursive: true });
    await symlink(join(REPOSITORY, "node_modules"), join(project, "node_modules"));
    await mkdir(join(project, "bin"));
    await writeFile(join(project, "bin/azd"), FAKE_AZD);
    await chmod(join(project, "bin/azd"), 0o755);
  });
  afterAll(() => rm(project, { recursive: true, force: true }));
  return {
    get project() {
      return project;
    },
    azd: (environment = {}) =>
      playAzd(project, {
        ...ENVIRONMENT,
        ...environment,
        PATH: `${join(project, "bin")}${delimiter}${process.env["PATH"]}`,
      }),
  };
}

/** Puts built-in resources in place of the providers', which may be out of reach; all else stays as synthesized. */
export async function withoutProvidersIn(modulePath: string): Promise<TerraformDocument> {
  const file = join(modulePath, "cdk.tf.json");
  const document: TerraformDocument = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify(withoutProviders(document), null, 2));
  return document;
}

export async function provision(play: Azd): Promise<TerraformDocument> {
  await play.hook("preprovision");
  const document = await withoutProvidersIn(play.modulePath);
  await play.init("-upgrade");
  await play.parameters();
  await play.validate();
  await play.plan();
  await play.apply();
  return document;
}

/** @returns what a command said when it failed, as one line; "" when it did not fail */
export async function complaint(command: Promise<unknown>): Promise<string> {
  const text = await command.then(
    () => "",
    (error: Error) => error.message,
  );
  return stripVTControlCharacters(text).replace(/[\s│╷╵]+/g, " ");
}
