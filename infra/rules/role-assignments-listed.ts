import { KEY_USER_ROLE, OTHER_ROLE_REASONS, ROLE_REASONS } from "../constructs/role-reasons.ts";
import type { TerraformBlock } from "../synthesize.ts";
import { type Rule, resources } from "./rule.ts";

const LIST: Readonly<Record<string, { readonly role: string }>> = { ...ROLE_REASONS, ...OTHER_ROLE_REASONS };

const KEY_USER_ROLE_ID = "${azurerm_role_definition.keys_role.role_definition_resource_id}";

/** Whole subscriptions, groups and accounts are no scope for a role. */
const TOO_WIDE = /azurerm_resource_group\.|^\/subscriptions\/[^/]+$|azurerm_cosmosdb_account\.\w+\.id\}$/;

/** Every role assignment is on the list with its reason, and at the narrowest scope. */
export const roleAssignmentsListed: Rule = {
  name: "every role assignment on a list with its reason",
  check: ({ document }) => [
    ...resources(document, "azurerm_role_assignment").flatMap(({ address, name, block }) => [
      ...(LIST[listed(name)]?.role === roleOf(block)
        ? []
        : [`${address} gives ${roleOf(block)}, which is not on the list`]),
      ...(isTooWide(block) ? [`${address} is too wide: ${block["scope"]}`] : []),
    ]),
    ...resources(document, "azurerm_cosmosdb_sql_role_assignment").flatMap(({ address, name, block }) => [
      ...(LIST[listed(name)] ? [] : [`${address} is not on the list`]),
      ...(TOO_WIDE.test(String(block["scope"])) ? [`${address} is too wide: ${block["scope"]}`] : []),
    ]),
  ],
};

/** Secrets are read one by one: a vault has others' as well. */
function isTooWide(block: TerraformBlock): boolean {
  const scope = String(block["scope"]);
  return (
    TOO_WIDE.test(scope) ||
    (roleOf(block) === ROLE_REASONS.gateway_backend_secret.role && !/\/secrets\/[^/]+$/.test(scope))
  );
}

/** @returns the role's name; what it is for is in infra/rules/key-user-role.ts, where the stack defines the role itself */
function roleOf(block: TerraformBlock): string {
  const definition = block["role_definition_id"];
  if (definition === undefined) return String(block["role_definition_name"]);
  return definition === KEY_USER_ROLE_ID ? KEY_USER_ROLE : String(definition);
}

function listed(name: string): string {
  return name.replace(/^roles_/, "").replace(/^backend_secret_.+_(?=gateway_backend_secret$)/, "");
}
