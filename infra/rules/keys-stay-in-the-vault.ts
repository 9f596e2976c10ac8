import { at, type Rule, resources, unmet } from "./rule.ts";

const VAULT = [
  { type: "azurerm_key_vault", path: ["purge_protection_enabled"], value: true },
  { type: "azurerm_key_vault_key", path: ["key_type"], value: "RSA" },
];

/**
 * Keys are RSA of 2048 bits or more, rotate by themselves, do one thing, and cannot be exported: the provider makes
 * no other. An expiry that Azure sets on rotation does not make Terraform replace the key.
 */
export const keysStayInTheVault: Rule = {
  name: "keys not exportable, rotated by policy, never replaced",
  check: ({ document }) => [
    ...unmet(document, VAULT),
    ...resources(document, "azurerm_key_vault_key").flatMap(({ address, block }) => [
      ...(Number(block["key_size"]) >= 2048 ? [] : [`${address} is too short`]),
      ...(at(block, "rotation_policy", "automatic") ? [] : [`${address} does not rotate`]),
      ...(JSON.stringify(at(block, "lifecycle", "ignore_changes") ?? "").includes("expiration_date")
        ? []
        : [`${address} would be replaced after its first rotation`]),
      ...(JSON.stringify(block["depends_on"] ?? []).includes("azurerm_role_assignment.keys_deployer")
        ? []
        : [`${address} does not wait for the role to make it`]),
      ...(["sign", "wrapKey"].every((use) => JSON.stringify(block["key_opts"]).includes(`"${use}"`))
        ? [`${address} both signs and wraps`]
        : []),
    ]),
  ],
};
