import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/**
 * What azd does with azure.yaml and Terraform, step by step, as its source has it: the hooks' commands, the parameters
 * file with the values filled in, and Terraform's commands with their flags. azd itself cannot be had everywhere.
 */
export interface Azd {
  /** Runs a hook of azure.yaml as azd does on Linux and macOS. */
  hook(name: string): Promise<string>;
  init(...flags: string[]): Promise<string>;
  /** Fills in main.tfvars.json. */
  parameters(): Promise<void>;
  validate(): Promise<string>;
  plan(): Promise<string>;
  apply(): Promise<string>;
  outputs(): Promise<Record<string, { value: unknown; sensitive: boolean; type: unknown }>>;
  destroy(): Promise<string>;
  /** Where azd keeps the state, when it is local. */
  readonly statePath: string;
  readonly modulePath: string;
}

const TIMEOUT = 300_000;
/** Lets Terraform's memory grow further between collections, which otherwise take up to half of its processor time. */
export const FEW_COLLECTIONS = { GOGC: "1000", GOMEMLIMIT: "1GiB" };

/**
 * @param project folder of azure.yaml
 * @param environment azd's own values and those of `azd env set`
 */
export function playAzd(project: string, environment: Readonly<Record<string, string>>): Azd {
  const yaml = readFileSync(join(project, "azure.yaml"), "utf8");
  const infraPath = /^ {2}path: (.+)$/m.exec(yaml)?.[1] ?? "infra";
  const modulePath = join(project, infraPath);
  const stateFolder = join(project, ".azure", environment["AZURE_ENV_NAME"] ?? "", infraPath);
  const statePath = join(stateFolder, "terraform.tfstate");
  const parametersPath = join(stateFolder, "main.tfvars.json");
  const planPath = join(stateFolder, "main.tfplan");
  const env = {
    ...process.env,
    ...environment,
    TF_DATA_DIR: join(stateFolder, ".terraform"),
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
    ...FEW_COLLECTIONS,
    ARM_SUBSCRIPTION_ID: environment["AZURE_SUBSCRIPTION_ID"] ?? "",
  };
  const start = async (command: string, args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(command, [...args], {
      cwd: project,
      env,
      timeout: TIMEOUT,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  };
  const terraform = (...args: string[]) => start("terraform", [`-chdir=${modulePath}`, ...args]);
  const fill = async (from: string, to: string) => {
    const text = await readFile(join(modulePath, from), "utf8");
    await mkdir(dirname(to), { recursive: true });
    await writeFile(
      to,
      text.replace(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? ""),
    );
  };
  const remote = async () => {
    const names = (await readdir(modulePath)).filter((name) => name.endsWith(".tf"));
    const texts = await Promise.all(names.map((name) => readFile(join(modulePath, name), "utf8")));
    return texts.some((text) => text.includes('backend "azurerm"'));
  };
  const state = async () => ((await remote()) ? [] : [`-state=${statePath}`]);

  return {
    modulePath,
    statePath,
    hook: (name) => {
      const command = new RegExp(`^ {2}${name}:\\n {4}posix:\\n {6}shell: sh\\n {6}run: (.+)$`, "m").exec(
        yaml,
      )?.[1];
      if (!command) throw new Error(`azure.yaml has no hook ${name}`);
      return start("sh", ["-c", command]);
    },
    init: async (...flags) => {
      if (!(await remote())) return terraform("init", ...flags);
      const configuration = join(stateFolder, `${environment["AZURE_ENV_NAME"]}.conf.json`);
      await fill("provider.conf.json", configuration);
      return terraform("init", `--backend-config=${configuration}`, ...flags);
    },
    parameters: () => fill("main.tfvars.json", parametersPath),
    validate: () => terraform("validate"),
    plan: async () =>
      terraform("plan", `-out=${planPath}`, "-lock=false", `-var-file=${parametersPath}`, ...(await state())),
    apply: async () => terraform("apply", "-lock=false", ...(await state()), planPath),
    outputs: async () => JSON.parse(await terraform("output", "-json", ...(await state()))),
    destroy: async () =>
      terraform("destroy", `-var-file=${parametersPath}`, ...(await state()), "-auto-approve", "-no-color"),
  };
}
