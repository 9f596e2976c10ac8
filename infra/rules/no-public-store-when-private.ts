import { type Rule, resources, unmet } from "./rule.ts";

const CLOSED = [
  { type: "azurerm_storage_account", path: ["public_network_access_enabled"], value: false },
  { type: "azurerm_cosmosdb_account", path: ["public_network_access_enabled"], value: false },
  { type: "azurerm_key_vault", path: ["network_acls", "default_action"], value: "Deny" },
];

/** With a private network, no store is open to the internet and each has its endpoint. */
export const noPublicStoreWhenPrivate: Rule = {
  name: "no public store where private is chosen",
  check: ({ document, settings }) => {
    if (!settings.privateNetwork) return [];
    const connected = JSON.stringify(document.resource["azurerm_private_endpoint"] ?? {});
    const alone = CLOSED.flatMap(({ type }) => resources(document, type))
      .filter(({ address }) => !connected.includes(`\${${address}.id}`))
      .map(({ address }) => `${address} has no private endpoint`);
    return [...unmet(document, CLOSED), ...alone];
  },
};
