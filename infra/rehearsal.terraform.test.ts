import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readPolicy } from "./policies/policy-file.ts";
import type { TerraformDocument } from "./synthesize.ts";
import type { Azd } from "./testing/azd.ts";
import { provision, TIMEOUT, useRehearsal, withoutProvidersIn } from "./testing/rehearsal.ts";
import { standInName } from "./testing/stand-in.ts";

const rehearsal = useRehearsal();

describe("azd, played with Terraform and without the providers", { timeout: TIMEOUT }, () => {
  describe("with the settings left as they are", () => {
    let play: Azd;
    let document: TerraformDocument;

    beforeAll(async () => {
      play = rehearsal.azd();
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
      await rm(join(rehearsal.project, "dist"), { recursive: true, force: true });
      await rehearsal.azd({ AZURE_ENV_NAME: "unprovisioned" }).hook(hook);
      const yaml = await readFile(join(rehearsal.project, "azure.yaml"), "utf8");
      const folders = [...yaml.matchAll(/^ {4}project: (.+)$/gm)].map(([, folder = ""]) => folder);
      expect(folders).toHaveLength(2);
      for (const folder of folders) {
        expect(await readdir(join(rehearsal.project, folder))).toEqual(
          expect.arrayContaining(["app.mjs", "host.json", "package.json"]),
        );
        // azd installs and builds whatever this names, and there is nothing.
        const manifest = JSON.parse(await readFile(join(rehearsal.project, folder, "package.json"), "utf8"));
        expect(manifest.dependencies ?? {}).toEqual({});
        expect(manifest.scripts ?? {}).toEqual({});
      }
    },
  );
});
