import { describe, expect, it } from "vitest";
import { readDeploymentSettings } from "../settings/settings.ts";
import { subject } from "../testing/subject.ts";
import { azdFiles } from "./files.ts";

const REMOTE = { RS_RESOURCE_GROUP: "state", RS_STORAGE_ACCOUNT: "statestore", RS_CONTAINER_NAME: "tfstate" };

describe("the files that azd reads", () => {
  it("fill in every variable of the stack from azd's environment, and no other", () => {
    const variables = JSON.parse(azdFiles(readDeploymentSettings({}))["main.tfvars.json"] ?? "");
    expect(variables).toEqual({
      subscription_id: "${AZURE_SUBSCRIPTION_ID}",
      environment_name: "${AZURE_ENV_NAME}",
      location: "${AZURE_LOCATION}",
      publisher_email: "${GATEWAY_PUBLISHER_EMAIL}",
    });
    expect(Object.keys(variables)).toEqual(Object.keys(subject().document.variable ?? {}));
  });

  it("leave the state with azd, unless a storage account is named", () => {
    expect(Object.keys(azdFiles(readDeploymentSettings({})))).toEqual(["main.tfvars.json"]);
  });

  it("name the remote state by its settings, without a key", () => {
    const files = azdFiles(readDeploymentSettings(REMOTE));
    expect(files["backend.tf"]).toContain('backend "azurerm"');
    expect(JSON.parse(files["provider.conf.json"] ?? "")).toEqual({
      resource_group_name: "${RS_RESOURCE_GROUP}",
      storage_account_name: "${RS_STORAGE_ACCOUNT}",
      container_name: "${RS_CONTAINER_NAME}",
      key: "azd/${AZURE_ENV_NAME}.tfstate",
      subscription_id: "${AZURE_SUBSCRIPTION_ID}",
      use_azuread_auth: true,
    });
  });
});
