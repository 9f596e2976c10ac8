import { describe, expect, it } from "vitest";
import { type CloudName, cloudNames, clouds } from "../config/clouds.ts";
import gateway from "../gateway.config.ts";
import { resources, strings } from "./rules/rule.ts";
import type { TerraformDocument } from "./synthesize.ts";
import { PRIVATE, SEVERAL_TENANTS, subject } from "./testing/subject.ts";

const blocks = (document: TerraformDocument, type: string) =>
  resources(document, type).map(({ block }) => block);

/** The settings of both apps. */
const appSettings = (document: TerraformDocument) =>
  blocks(document, "azurerm_function_app_flex_consumption").map(
    (block) => block["app_settings"] as Readonly<Record<string, string>>,
  );

const addressesOf = (name: CloudName): string[] => {
  const { privateZones, ...rest } = clouds[name];
  return [...Object.values(rest), ...Object.values(privateZones)];
};

describe.each(cloudNames)("the stack in the cloud %s", (name) => {
  const cloud = clouds[name];
  const { document } = subject(PRIVATE, { ...gateway, cloud: name });

  it("deploys with both providers there", () => {
    const environment = name === "public" ? undefined : name;
    expect(document.provider["azurerm"]?.[0]?.["environment"]).toBe(environment);
    expect(document.provider["azuread"]?.[0]?.["environment"]).toBe(environment);
  });

  it("trusts the managed identities by that cloud's issuer and audience", () => {
    const credentials = blocks(document, "azuread_application_federated_identity_credential");
    expect(credentials).toHaveLength(2);
    for (const { issuer, audiences } of credentials) {
      expect(String(issuer).startsWith(`${cloud.authorityHost}/`)).toBe(true);
      expect(audiences).toEqual([cloud.tokenExchangeAudience]);
    }
  });

  it("finds private endpoints in its zones, and the gateway under its suffix", () => {
    const zones = blocks(document, "azurerm_private_dns_zone").map((block) => block["name"]);
    expect(zones.sort()).toEqual(Object.values(cloud.privateZones).sort());
    expect(document.output?.["GATEWAY_URL"]?.["value"]).toBe(
      `https://mcpgw-apim-\${local.suffix}.${cloud.gatewaySuffix}`,
    );
  });

  it("tells both apps and the hooks", () => {
    for (const settings of appSettings(document)) {
      expect(settings["AZURE_CLOUD"]).toBe(name === "public" ? undefined : name);
      expect(settings).not.toHaveProperty("ENTRA_AUTHORITY_HOST");
    }
    expect(document.output?.["RESOURCE_MANAGER_URL"]?.["value"]).toBe(cloud.resourceManager);
    expect(String(document.output?.["PORTAL_GATEWAY_URL"]?.["value"])).toContain(cloud.portal);
  });

  it("holds no address of another cloud", () => {
    const texts = strings(document).filter((text) => !text.includes("https://schema.management.azure.com"));
    for (const other of cloudNames.filter((each) => each !== name)) {
      for (const address of addressesOf(other).filter((each) => !addressesOf(name).includes(each))) {
        // An audience may be another's beginning.
        const found = texts.filter((text) => text === address || text.includes(`${address}/`));
        expect(found).toEqual([]);
      }
    }
  });
});

describe("the stack for people of several tenants", () => {
  const { document } = subject({}, SEVERAL_TENANTS);
  const home = subject().document;
  const audiences = (of: TerraformDocument) =>
    blocks(of, "azuread_application_registration").map((block) => block["sign_in_audience"]);

  it("CAL-2 lets both applications be signed in to from elsewhere, only where the configuration lists tenants", () => {
    expect(audiences(document)).toEqual(["AzureADMultipleOrgs", "AzureADMultipleOrgs"]);
    expect(audiences(home)).toEqual(["AzureADMyOrg", "AzureADMyOrg"]);
  });

  it("CAL-2 hands both apps the list", () => {
    for (const settings of appSettings(document)) {
      expect(settings["ENTRA_FURTHER_TENANT_IDS"]).toBe(SEVERAL_TENANTS.tenants?.join(","));
    }
    for (const settings of appSettings(home)) expect(settings).not.toHaveProperty("ENTRA_FURTHER_TENANT_IDS");
  });
});

describe("the applications' claims", () => {
  it("has the groups that are assigned to a server in its tokens, only where the configuration names groups", () => {
    const claims = (of: TerraformDocument) =>
      resources(of, "azuread_application_registration").map(({ name, block }) => [
        name,
        block["group_membership_claims"],
      ]);
    expect(claims(subject({}, SEVERAL_TENANTS).document)).toEqual([
      ["sign_in_application", undefined],
      ["graph_mcp_application_application", ["ApplicationGroup"]],
    ]);
    expect(claims(subject().document).map(([, value]) => value)).toEqual([undefined, undefined]);
  });

  it("has the time of the sign-in in id tokens", () => {
    const [claims] = blocks(subject().document, "azuread_application_optional_claims");
    expect(claims?.["id_token"]).toEqual([{ name: "auth_time" }]);
  });
});
