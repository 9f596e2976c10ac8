import { at, type Rule, resources } from "./rule.ts";

/** Policies and other applications name these, and Azure does not delete them meanwhile. */
const NAMED = [
  "azurerm_api_management_named_value",
  "azurerm_api_management_policy_fragment",
  "azuread_application_permission_scope",
];

/** Terraform takes the rule from the state of the last release, so every release must set it. */
export const removedLast: Rule = {
  name: "OPS-1 fragments, named values and scopes that a later release can remove",
  check: ({ document }) =>
    NAMED.flatMap((type) => resources(document, type))
      .filter(({ block }) => at(block, "lifecycle", "create_before_destroy") !== true)
      .map(({ address }) => `${address} would be deleted while others still name it`),
};
