import { type Expectation, type Rule, resources, unmet } from "./rule.ts";

const OFF: readonly Expectation[] = [
  { type: "azurerm_storage_account", path: ["shared_access_key_enabled"], value: false },
  { type: "azurerm_storage_account", path: ["local_user_enabled"], value: false },
  { type: "azurerm_storage_account", path: ["default_to_oauth_authentication"], value: true },
  { type: "azurerm_cosmosdb_account", path: ["local_authentication_disabled"], value: true },
  { type: "azurerm_cosmosdb_account", path: ["access_key_metadata_writes_enabled"], value: false },
  { type: "azurerm_application_insights", path: ["local_authentication_disabled"], value: true },
  { type: "azurerm_log_analytics_workspace", path: ["local_authentication_enabled"], value: false },
  { type: "azurerm_key_vault", path: ["rbac_authorization_enabled"], value: true },
  {
    type: "azurerm_function_app_flex_consumption",
    path: ["storage_authentication_type"],
    value: "UserAssignedIdentity",
  },
  { type: "azurerm_function_app_flex_consumption", path: ["storage_access_key"], value: undefined },
  {
    type: "azurerm_function_app_flex_consumption",
    path: ["webdeploy_publish_basic_authentication_enabled"],
    value: false,
  },
  { type: "azurerm_api_management_api", path: ["subscription_required"], value: false },
  { type: "azurerm_api_management", path: ["tenant_access"], value: undefined },
];

/** Each of these is a secret of an application or of a service. */
const SECRETS =
  /^azuread_application_(password|certificate)$|^azuread_service_principal_(password|certificate)$|^azurerm_key_vault_secret$/;

/** Nothing signs in with a key, a password or a certificate where it can be switched off. */
export const noKeyAuthentication: Rule = {
  name: "no key or password authentication anywhere it can be off",
  check: ({ document }) => [
    ...unmet(document, OFF),
    ...resources(document)
      .filter(({ type }) => SECRETS.test(type))
      .map(({ address }) => `${address} is a secret`),
  ],
};
