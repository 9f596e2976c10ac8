import type { DeploymentSettings } from "../settings/settings.ts";
import { stackVariables } from "../terraform/variables.ts";

/** azd knows a remote state by a .tf file with this backend in it; CDKTF's own backend would clash with it. */
const BACKEND = `terraform {
  backend "azurerm" {
  }
}
`;

/** What azd passes to \`terraform init\`, with the values filled in; the storage account takes no key. */
const BACKEND_CONFIGURATION = {
  resource_group_name: "${RS_RESOURCE_GROUP}",
  storage_account_name: "${RS_STORAGE_ACCOUNT}",
  container_name: "${RS_CONTAINER_NAME}",
  key: "azd/${AZURE_ENV_NAME}.tfstate",
  subscription_id: "${AZURE_SUBSCRIPTION_ID}",
  use_azuread_auth: true,
};

/** @returns the files that azd reads beside cdk.tf.json, by name; azd fills in each `${…}` from its environment */
export function azdFiles(settings: DeploymentSettings): Record<string, string> {
  const variables = Object.fromEntries(
    stackVariables(settings).map(({ name, from }) => [name, `\${${from}}`]),
  );
  return {
    "main.tfvars.json": json(variables),
    ...(settings.remoteState
      ? { "backend.tf": BACKEND, "provider.conf.json": json(BACKEND_CONFIGURATION) }
      : {}),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
