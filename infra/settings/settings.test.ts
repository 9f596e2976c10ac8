import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXISTING_APIM, PRIVATE, REDIS_SECRET } from "../testing/subject.ts";
import { settingsDocument } from "./document.ts";
import { notices } from "./notices.ts";
import { readDeploymentSettings } from "./settings.ts";
import { type SettingName, settingsTable } from "./table.ts";

const SHARED = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/shared/providers";
const HOME = { cloud: "public", tenants: [] } as const;

const refused = (environment: Record<string, string>) => {
  try {
    readDeploymentSettings(environment);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

/** A wrong value for each setting. */
const WRONG: Readonly<Record<SettingName, string>> = {
  GATEWAY_PUBLISHER_EMAIL: "nobody",
  GATEWAY_PUBLISHER_NAME: "x".repeat(101),
  GATEWAY_NAME_PREFIX: "Much-Too-Long",
  GATEWAY_TAGS: "no-value",
  GATEWAY_SAMPLE_SERVER: "yes",
  GATEWAY_APIM_SKU: "Developer_1",
  GATEWAY_APIM_ID: "shared-apim",
  GATEWAY_APIM_IDENTITY_ID: "identity",
  GATEWAY_ORIGIN: "https://mcp.example.com/path",
  GATEWAY_REDIS_SECRET_ID: "redis.example:6380,password=x",
  GATEWAY_PRIVATE_NETWORK: "1",
  GATEWAY_DEPLOYER_ADDRESSES: "my-laptop",
  GATEWAY_DEPLOYER_IDS: "me@example.com",
  GATEWAY_COSMOS_MAX_RU: "500",
  GATEWAY_COSMOS_REGIONS: "West Europe",
  GATEWAY_ASSIGNMENT_REQUIRED: "maybe",
  GATEWAY_ADMIN_CONSENT: "maybe",
  GATEWAY_PREAUTHORIZED_CLIENT_IDS: "vscode",
  GATEWAY_ALERT_EMAIL: "operators",
  RS_RESOURCE_GROUP: "a b",
  RS_STORAGE_ACCOUNT: "UPPER",
  RS_CONTAINER_NAME: "-",
};

describe("the settings table", () => {
  it("is what SETTINGS.md says", async () => {
    expect(await readFile(join(import.meta.dirname, "../SETTINGS.md"), "utf8")).toBe(settingsDocument());
  });

  it("is what azure.yaml hands to the pipeline, and the workflow to azd", async () => {
    const read = (file: string) => readFile(join(import.meta.dirname, "../..", file), "utf8");
    const [project, workflow] = await Promise.all([
      read("azure.yaml"),
      read(".github/workflows/azure-dev.yml"),
    ]);
    for (const name of Object.keys(settingsTable)) {
      expect(project).toContain(`    - ${name}\n`);
      expect(workflow).toContain(`${name}: \${{ vars.${name} `);
    }
  });

  it("takes its own defaults, and empty values for them", () => {
    const empty = Object.fromEntries(Object.keys(settingsTable).map((name) => [name, ""]));
    expect(readDeploymentSettings(empty)).toEqual(readDeploymentSettings({}));
  });

  it.each(Object.entries(WRONG))("refuses %s=%s, by name", (name, value) => {
    expect(refused({ [name]: value })).toContain(`${name}: "${value}" is not allowed`);
  });

  it.each([
    ["GATEWAY_APIM_IDENTITY_ID", { GATEWAY_APIM_ID: EXISTING_APIM.GATEWAY_APIM_ID }],
    ["GATEWAY_APIM_IDENTITY_ID", { GATEWAY_APIM_IDENTITY_ID: EXISTING_APIM.GATEWAY_APIM_IDENTITY_ID }],
    ["GATEWAY_APIM_ID", { ...EXISTING_APIM, AZURE_SUBSCRIPTION_ID: "99999999-2222-3333-4444-555555555555" }],
    [
      "GATEWAY_APIM_IDENTITY_ID",
      {
        ...EXISTING_APIM,
        GATEWAY_APIM_IDENTITY_ID: EXISTING_APIM.GATEWAY_APIM_IDENTITY_ID.replace("11111111", "99999999"),
        AZURE_SUBSCRIPTION_ID: "11111111-2222-3333-4444-555555555555",
      },
    ],
    ["GATEWAY_REDIS_SECRET_ID", { GATEWAY_APIM_SKU: "Consumption_0" }],
    ["GATEWAY_PRIVATE_NETWORK", { ...PRIVATE, GATEWAY_APIM_SKU: "BasicV2_1" }],
    ["GATEWAY_DEPLOYER_ADDRESSES", { ...PRIVATE, GATEWAY_DEPLOYER_ADDRESSES: "" }],
    ["GATEWAY_DEPLOYER_ADDRESSES", { GATEWAY_DEPLOYER_ADDRESSES: "203.0.113.4" }],
    ["GATEWAY_COSMOS_REGIONS", { GATEWAY_COSMOS_REGIONS: "northeurope" }],
    [
      "GATEWAY_COSMOS_REGIONS",
      {
        GATEWAY_COSMOS_MAX_RU: "1000",
        GATEWAY_COSMOS_REGIONS: "northeurope,westeurope",
        AZURE_LOCATION: "westeurope",
      },
    ],
    [
      "GATEWAY_COSMOS_REGIONS",
      { GATEWAY_COSMOS_MAX_RU: "1000", GATEWAY_COSMOS_REGIONS: "uksouth,northeurope,uksouth" },
    ],
    ["GATEWAY_COSMOS_MAX_RU", { GATEWAY_COSMOS_MAX_RU: "1500" }],
    ["RS_CONTAINER_NAME", { RS_RESOURCE_GROUP: "state", RS_STORAGE_ACCOUNT: "statestore" }],
  ])("refuses %s where it does not fit the others", (name, environment) => {
    expect(refused(environment)).toMatch(new RegExp(`^${name}: `));
  });

  it("takes the ID of an identity as the Azure CLI prints it", () => {
    const { GATEWAY_APIM_IDENTITY_ID: id } = EXISTING_APIM;
    const printed = id.replace("resourceGroups", "resourcegroups");
    expect(refused({ ...EXISTING_APIM, GATEWAY_APIM_IDENTITY_ID: printed })).toBe("");
  });

  it("names every problem at once", () => {
    expect(refused({ GATEWAY_APIM_SKU: "x", GATEWAY_NAME_PREFIX: "X" }).split("\n")).toHaveLength(2);
  });

  it("says what the Consumption tier goes without", () => {
    const settings = readDeploymentSettings({
      GATEWAY_APIM_SKU: "Consumption_0",
      GATEWAY_REDIS_SECRET_ID: REDIS_SECRET,
    });
    const text = notices(settings, HOME).join("\n");
    expect(text).toContain("no rate limits");
    expect(text).toContain("does not stream");
    expect(text).toContain("stands in the Terraform state");
    expect(notices(readDeploymentSettings({}), HOME).join("\n")).not.toContain("Consumption");
  });

  it("names a region that has no v2 tier, as far as was known, and that only where it matters", () => {
    const said = (environment: Record<string, string>) =>
      notices(readDeploymentSettings(environment), HOME).join("\n");
    const elsewhere = { AZURE_LOCATION: "southeastasia" };
    expect(said(elsewhere)).toContain('"southeastasia" was not among them in November 2025');
    expect(said({ ...elsewhere, GATEWAY_APIM_SKU: "StandardV2_1" })).toContain("southeastasia");
    const consumption = { GATEWAY_APIM_SKU: "Consumption_0", GATEWAY_REDIS_SECRET_ID: REDIS_SECRET };
    for (const fine of [{}, { AZURE_LOCATION: "westeurope" }, { ...elsewhere, ...consumption }]) {
      expect(said(fine)).not.toContain("2025");
    }
    expect(said({ ...elsewhere, ...EXISTING_APIM })).not.toContain("2025");
  });

  it("says who has to do something elsewhere for other tenants, and what a national cloud lacks", () => {
    const settings = readDeploymentSettings({});
    const elsewhere = { cloud: "china", tenants: ["7a2c1d2f-a4b6-4e1f-9c5f-63a7b2d8ea12"] } as const;
    expect(notices(settings, elsewhere).join("\n")).toMatch(/"china"[\s\S]*each listed tenant/);
    expect(notices(settings, HOME).join("\n")).not.toMatch(/cloud|tenant/);
    const existing = readDeploymentSettings({
      GATEWAY_APIM_ID: `${SHARED}/Microsoft.ApiManagement/service/shared`,
      GATEWAY_APIM_IDENTITY_ID: `${SHARED}/Microsoft.ManagedIdentity/userAssignedIdentities/shared`,
    });
    expect(notices(existing, elsewhere).join("\n")).not.toContain("china");
  });
});
