import { KEY_USER_DATA_ACTIONS } from "../constructs/role-reasons.ts";
import { at, type Rule, resources } from "./rule.ts";

const ADDRESS = "azurerm_role_definition.keys_role";
const GROUP = "${azurerm_resource_group.resource_group.id}";

/** The one custom role allows exactly what the authorization server does with keys, in its own resource group. */
export const keyUserRole: Rule = {
  name: "OPS-2 no custom role but the key user's, which signs, verifies, wraps, unwraps and reads keys",
  check: ({ document }) => {
    const definitions = resources(document, "azurerm_role_definition");
    return [
      ...(definitions.some(({ address }) => address === ADDRESS) ? [] : [`there is no ${ADDRESS}`]),
      ...definitions
        .filter(({ address }) => address !== ADDRESS)
        .map(({ address }) => `${address} is another custom role`),
      ...definitions.flatMap(({ address, block }) => [
        ...(same(at(block, "permissions", "actions"), []) &&
        same(at(block, "permissions", "data_actions"), KEY_USER_DATA_ACTIONS)
          ? []
          : [`${address} allows ${JSON.stringify(block["permissions"])}`]),
        ...(same(block["assignable_scopes"], [GROUP]) && block["scope"] === GROUP
          ? []
          : [`${address} can be assigned at ${JSON.stringify(block["assignable_scopes"])}`]),
      ]),
    ];
  },
};

function same(value: unknown, expected: readonly string[]): boolean {
  return Array.isArray(value) && JSON.stringify([...value].sort()) === JSON.stringify([...expected].sort());
}
