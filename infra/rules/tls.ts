import { type Rule, resources, strings, unmet } from "./rule.ts";

const AT_LEAST_1_2 = [
  { type: "azurerm_storage_account", path: ["min_tls_version"], value: "TLS1_2" },
  { type: "azurerm_storage_account", path: ["https_traffic_only_enabled"], value: true },
  { type: "azurerm_cosmosdb_account", path: ["minimal_tls_version"], value: "Tls12" },
  {
    type: "azurerm_function_app_flex_consumption",
    path: ["site_config", "minimum_tls_version"],
    value: "1.2",
  },
  {
    type: "azurerm_function_app_flex_consumption",
    path: ["site_config", "scm_minimum_tls_version"],
    value: "1.2",
  },
  { type: "azurerm_function_app_flex_consumption", path: ["https_only"], value: true },
];

/** Nothing speaks TLS before 1.2, and nothing of ours speaks plain http. */
export const tls: Rule = {
  name: "TLS 1.2 or newer",
  check: ({ document }) => [
    ...unmet(document, AT_LEAST_1_2),
    // API Management has the old protocols off unless its `security` block turns one on.
    ...resources(document, "azurerm_api_management")
      .filter(({ block }) => JSON.stringify(block["security"] ?? {}).includes("true"))
      .map(({ address }) => `${address} turns on an old protocol`),
    ...resources(document, "azurerm_api_management_api")
      .filter(({ block }) => JSON.stringify(block["protocols"]) !== '["https"]')
      .map(({ address }) => `${address} takes more than https`),
    ...resources(document, "azuread_application_redirect_uris")
      .filter(({ block }) => strings(block["redirect_uris"]).some((uri) => /^http:/.test(uri)))
      .map(({ address }) => `${address} has a plain http redirect URI`),
  ],
};
