import { describe, expect, it } from "vitest";
import { resources } from "./rules/rule.ts";
import type { TerraformDocument } from "./synthesize.ts";
import { subject, VARIANTS, VAULT } from "./testing/subject.ts";

const variant = (name: string): TerraformDocument => {
  const found = VARIANTS[name];
  if (!found) throw new Error(`there is no variant "${name}"`);
  return found.document;
};
const document = variant("keys for backends");
const elsewhere = variant("keys for backends, in Azure Government and at an existing instance");

const ofBackends = (from: TerraformDocument) =>
  resources(from, "azurerm_api_management_named_value").filter(({ block }) => block["value_from_key_vault"]);
const secretRoles = (from: TerraformDocument) =>
  resources(from, "azurerm_role_assignment").filter(({ name }) => name.endsWith("_gateway_backend_secret"));

describe("keys for backends", () => {
  it("GW-19 are named values that API Management reads in Key Vault, in whichever version is the newest", () => {
    const identity = "${azurerm_user_assigned_identity.gateway_identity.client_id}";
    expect(ofBackends(document).map(({ block }) => [block["name"], block["secret"], block["value"]])).toEqual(
      [
        ["backend-notes-x-functions-key", true, undefined],
        ["backend-files-x-api-key", true, undefined],
        ["backend-files-x-api-tenant", true, undefined],
      ],
    );
    expect(ofBackends(document).map(({ block }) => block["value_from_key_vault"])).toEqual([
      { secret_id: "https://contoso.vault.azure.net/secrets/notes-key", identity_client_id: identity },
      { secret_id: "https://contoso.vault.azure.net/secrets/notes-key", identity_client_id: identity },
      { secret_id: "https://contoso.vault.azure.net/secrets/files-tenant", identity_client_id: identity },
    ]);
    expect(ofBackends(elsewhere)[0]?.block["value_from_key_vault"]).toEqual({
      secret_id: "https://contoso.vault.usgovcloudapi.net/secrets/notes-key",
      identity_client_id: "${data.azurerm_user_assigned_identity.gateway_identity.client_id}",
    });
  });

  it("GW-19 have the gateway's identity read these secrets and no others, one role for each", () => {
    for (const [from, principal] of [
      [document, "${azurerm_user_assigned_identity.gateway_identity.principal_id}"],
      [elsewhere, "${data.azurerm_user_assigned_identity.gateway_identity.principal_id}"],
    ] as const) {
      expect(secretRoles(from).map(({ block }) => [block["scope"], block["role_definition_name"]])).toEqual([
        [`${VAULT}/secrets/notes-key`, "Key Vault Secrets User"],
        [`${VAULT}/secrets/files-tenant`, "Key Vault Secrets User"],
      ]);
      for (const { block } of secretRoles(from)) expect(block["principal_id"]).toBe(principal);
    }
    expect(secretRoles(subject().document)).toEqual([]);
  });

  it("GW-19 are read once the roles are there and have had their time; policies wait for them", () => {
    const roles = secretRoles(document).map(({ address }) => address);
    for (const { block } of ofBackends(document)) {
      expect(block["depends_on"]).toEqual(
        expect.arrayContaining([
          ...roles,
          "azurerm_api_management.gateway_service",
          "azurerm_cosmosdb_sql_database.session_store_database",
        ]),
      );
    }
    const policies = resources(document, "azurerm_api_management_api_operation_policy").filter(({ block }) =>
      String(block["xml_content"]).includes("{{backend-"),
    );
    expect(policies).toHaveLength(8);
    for (const { block } of policies)
      expect(block["depends_on"]).toEqual(
        expect.arrayContaining(ofBackends(document).map(({ address }) => address)),
      );
  });

  it("GW-19 are not in the setting that the authorization server gets", () => {
    const [app] = resources(document, "azurerm_function_app_flex_consumption");
    expect(JSON.stringify(app?.block)).not.toMatch(/notes-key|x-functions-key/);
  });
});
