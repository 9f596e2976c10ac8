import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import {
  complaint,
  ENVIRONMENT,
  provision,
  TIMEOUT,
  useRehearsal,
  withoutProvidersIn,
} from "./testing/rehearsal.ts";

const rehearsal = useRehearsal();

describe("azd, played with Terraform and without the providers", { timeout: TIMEOUT }, () => {
  it("evaluates every expression of a private deployment with everything on", async () => {
    const play = rehearsal.azd({
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
    const play = rehearsal.azd({ AZURE_ENV_NAME: "nameless", GATEWAY_PUBLISHER_EMAIL: "" });
    await expect(play.hook("preprovision")).rejects.toThrow("azd env set GATEWAY_PUBLISHER_EMAIL");
    await rehearsal.azd({ AZURE_ENV_NAME: "nameless" }).hook("preprovision");
    await withoutProvidersIn(play.modulePath);
    await play.init("-upgrade");
    await play.parameters();
    expect(await complaint(play.plan())).toContain("GATEWAY_PUBLISHER_EMAIL is not set");
  });

  it("refuses an existing instance of the Consumption tier when it plans", async () => {
    const play = rehearsal.azd({
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
    const play = rehearsal.azd({
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
      await readFile(
        join(rehearsal.project, ".azure/remote/cdktf.out/stacks/gateway/remote.conf.json"),
        "utf8",
      ),
    );
    expect(filled).toMatchObject({
      storage_account_name: "statestore",
      key: "azd/remote.tfstate",
      use_azuread_auth: true,
    });
  });
});
