import { type Rule, resources } from "./rule.ts";

/** What the provider takes for a resource within API Management, but for an API. */
const CHILD = /^[a-zA-Z0-9]([a-zA-Z0-9-_]{0,78}[a-zA-Z0-9])?$/;

/** Longest name and allowed letters, from the provider's own checks. */
const NAMES: Readonly<Record<string, RegExp>> = {
  azurerm_api_management: /^[0-9a-zA-Z-]{1,50}$/,
  azurerm_cosmosdb_account: /^[-a-z0-9]{3,50}$/,
  azurerm_function_app_flex_consumption: /^[0-9a-zA-Z-]{2,32}$/,
  azurerm_key_vault: /^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/,
  azurerm_storage_account: /^[a-z0-9]{3,24}$/,
  azurerm_user_assigned_identity: /^[a-zA-Z0-9][a-zA-Z0-9-_]{2,127}$/,
  azurerm_api_management_api: /^[^*#&+]{1,256}$/,
  azurerm_api_management_api_operation: CHILD,
  azurerm_api_management_named_value: CHILD,
  azurerm_api_management_policy_fragment: CHILD,
};

/** Names stay within what Azure allows, however long the prefix. */
export const namesFit: Rule = {
  name: "names within what Azure allows",
  check: ({ document }) =>
    Object.entries(NAMES).flatMap(([type, allowed]) =>
      resources(document, type)
        .map(({ address, block }) => ({
          address,
          name: String(block["name"] ?? block["operation_id"]).replace("${local.suffix}", "0a1b2c3d"),
        }))
        .filter(({ name }) => !allowed.test(name))
        .map(({ address, name }) => `${address}: "${name}" is not allowed`),
    ),
};
