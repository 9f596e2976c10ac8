import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPolicy } from "./policies/policy-file.ts";
import type { TerraformDocument } from "./synthesize.ts";
import { type Azd, playAzd } from "./testing/azd.ts";
import { standInName, withoutProviders } from "./testing/stand-in.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
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
const TIMEOUT = 240_000;

const ENVIRONMENT = {
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

let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "rehearsal-"));
  for (const name of NEEDED) await cp(join(REPOSITORY, name), join(project, name), { recursive: true });
  await symlink(join(REPOSITORY, "node_modules"), join(project, "node_modules"));
  await mkdir(join(project, "bin"));
  await writeFile(join(project, "bin/azd"), FAKE_AZD);
  await chmod(join(project, "bin/azd"), 0o755);
});

afterAll(() => rm(project, { recursive: true, force: true }));

/** An azd with one environment, whose hooks find the stand-in for azd first. */
function azd(environment: Readonly<Record<string, string>> = {}): Azd {
  return playAzd(project, {
    ...ENVIRONMENT,
    ...environment,
    PATH: `${join(project, "bin")}${delimiter}${process.env["PATH"]}`,
  });
}

/** Puts built-in resources in place of the providers', which may be out of reach; all else stays as synthesized. */
async function withoutProvidersIn(modulePath: string): Promise<TerraformDocument> {
  const file = join(modulePath, "cdk.tf.json");
  const document: TerraformDocument = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify(withoutProviders(document), null, 2));
  return document;
}

async function provision(play: Azd): Promise<TerraformDocument> {
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
async function complaint(command: Promise<unknown>): Promise<string> {
  const text = await command.then(
    () => "",
    (error: Error) => error.message,
  );
  return stripVTControlCharacters(text).replace(/[\s│╷╵]+/g, " ");
}

describe("azd, played with Terraform and without the providers", { timeout: TIMEOUT }, () => {
  describe("with the settings left as they are", () => {
    let play: Azd;
    let document: TerraformDocument;

    beforeAll(async () => {
      play = azd();
      document = await provision(play);
    }, TIMEOUT);

    it("gives Terraform every policy as its file has it", async () => {
      const state = JSON.parse(await readFile(play.statePath, "utf8"));
      const outputs = new Map<string, { xml_content?: string; value?: string }>(
        state.resources.map(
          (each: { name: string; instances: { attributes: { output: { value: object } } }[] }) => [
            each.name,
            each.instances[0]?.attributes.output.value,
          ],
        ),
      );
      const evaluated = (address: string) => outputs.get(standInName(address));
      expect(evaluated("azurerm_api_management_api_policy.apis_policy_mcp-mcp")?.xml_content).toBe(
        readPolicy("mcp/api.xml", "full"),
      );
      expect(evaluated("azurerm_api_management_policy_fragment.apis_fragment_mcp-challenge")?.value).toBe(
        readPolicy("fragments/mcp-challenge.xml", "full"),
      );
    });

    it("provisions, hands out the outputs, changes nothing the second time, and takes it all down", async () => {
      const outputs = await play.outputs();
      expect(Object.keys(outputs).sort()).toEqual(Object.keys(document.output ?? {}).sort());
      for (const { sensitive, type } of Object.values(outputs)) {
        expect(sensitive).toBe(false);
        expect(type).toBe("string");
      }
      expect(outputs["MCP_URL"]?.value).toMatch(/^https:\/\/mcpgw-apim-[0-9a-f]{8}\.azure-api\.net\/mcp$/);
      expect(outputs["AZURE_RESOURCE_GROUP"]?.value).toBe("rg-mcpgw-rehearsal");

      await play.hook("preprovision");
      await withoutProvidersIn(play.modulePath);
      await play.init("-upgrade");
      expect(await play.plan()).toContain("No changes.");

      await play.hook("predown");
      await withoutProvidersIn(play.modulePath);
      expect(await play.destroy()).toContain("Destroy complete!");
      expect(JSON.parse(await readFile(play.statePath, "utf8")).resources).toEqual([]);
    });
  });

  it.each(["prepackage", "predeploy"])(
    "builds what azd packs before anything is provisioned: %s",
    async (hook) => {
      await rm(join(project, "dist"), { recursive: true, force: true });
      await azd({ AZURE_ENV_NAME: "unprovisioned" }).hook(hook);
      const yaml = await readFile(join(project, "azure.yaml"), "utf8");
      const folders = [...yaml.matchAll(/^ {4}project: (.+)$/gm)].map(([, folder = ""]) => folder);
      expect(folders).toHaveLength(2);
      for (const folder of folders) {
        expect(await readdir(join(project, folder))).toEqual(
          expect.arrayContaining(["app.mjs", "host.json", "package.json"]),
        );
        // azd installs and builds whatever this names, and there is nothing.
        const manifest = JSON.parse(await readFile(join(project, folder, "package.json"), "utf8"));
        expect(manifest.dependencies ?? {}).toEqual({});
        expect(manifest.scripts ?? {}).toEqual({});
      }
    },
  );

  it("evaluates every expression of a private deployment with everything on", async () => {
    const play = azd({
      AZURE_ENV_NAME: "private",
      GATEWAY_APIM_SKU: "StandardV2_1",
      GATEWAY_PRIVATE_NETWORK: "true",
      GATEWAY_DEPLOYER_ADDRESSES: "203.0.113.4",
      GATEWAY_ADMIN_CONSENT: "true",
      GATEWAY_ASSIGNMENT_REQUIRED: "true",
      GATEWAY_COSMOS_MAX_RU: "1000",
      GATEWAY_COSMOS_REGIONS: "northeurope",
      GATEWAY_ALERT_EMAIL: "operators@example.com",
      GATEWAY_TAGS: "owner=me",
    });
    await provision(play);
    expect((await play.outputs())["GATEWAY_URL"]?.value).toMatch(/^https:/);
  });

  it("names the setting that is missing, before anything is made", async () => {
    const play = azd({ AZURE_ENV_NAME: "nameless", GATEWAY_PUBLISHER_EMAIL: "" });
    await expect(play.hook("preprovision")).rejects.toThrow("azd env set GATEWAY_PUBLISHER_EMAIL");
    await azd({ AZURE_ENV_NAME: "nameless" }).hook("preprovision");
    await withoutProvidersIn(play.modulePath);
    await play.init("-upgrade");
    await play.parameters();
    expect(await complaint(play.plan())).toContain("GATEWAY_PUBLISHER_EMAIL is not set");
  });

  it("refuses an existing instance of the Consumption tier when it plans", async () => {
    const play = azd({
      AZURE_ENV_NAME: "existing",
      GATEWAY_APIM_ID: `/subscriptions/${ENVIRONMENT.AZURE_SUBSCRIPTION_ID}/resourceGroups/shared/providers/Microsoft.ApiManagement/service/shared-apim`,
      GATEWAY_APIM_IDENTITY_ID: `/subscriptions/${ENVIRONMENT.AZURE_SUBSCRIPTION_ID}/resourceGroups/shared/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shared`,
    });
    await provision(play);
    expect((await play.outputs())["MCP_URL"]?.value).toBe("https://shared-apim.azure-api.net/mcp");

    const file = join(play.modulePath, "cdk.tf.json");
    await writeFile(file, (await readFile(file, "utf8")).replaceAll('"StandardV2_1"', '"Consumption_0"'));
    await play.plan();
    expect(await complaint(play.apply())).toContain("names an instance of the Consumption tier");
  });

  it("configures a remote state without a key, and leaves out the local one", async () => {
    const play = azd({
      AZURE_ENV_NAME: "remote",
      RS_RESOURCE_GROUP: "state",
      RS_STORAGE_ACCOUNT: "statestore",
      RS_CONTAINER_NAME: "tfstate",
    });
    await play.hook("preprovision");
    await promisify(execFile)("terraform", ["fmt", "-check", "-diff", play.modulePath]);
    await withoutProvidersIn(play.modulePath);
    // The storage account is not there to answer; what counts is that Terraform takes the configuration.
    expect(await complaint(play.init("-upgrade"))).not.toMatch(
      /Unsupported argument|Duplicate backend|Invalid backend/i,
    );
    const filled = JSON.parse(
      await readFile(join(project, ".azure/remote/cdktf.out/stacks/gateway/remote.conf.json"), "utf8"),
    );
    expect(filled).toMatchObject({
      storage_account_name: "statestore",
      key: "azd/remote.tfstate",
      use_azuread_auth: true,
    });
  });
});
