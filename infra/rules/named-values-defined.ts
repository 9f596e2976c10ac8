import { type Rule, resources, strings } from "./rule.ts";

/** A policy with an unknown named value or fragment is refused by API Management, minutes into a deployment. */
export const namedValuesDefined: Rule = {
  name: "policies' named values and fragments all defined",
  check: ({ document }) => {
    const texts = [
      ...resources(document, "azurerm_api_management_api_policy"),
      ...resources(document, "azurerm_api_management_api_operation_policy"),
      ...resources(document, "azurerm_api_management_policy_fragment"),
    ].map(({ address, block }) => ({ address, text: String(block["xml_content"] ?? block["value"]) }));
    const known = {
      "named value": names(
        resources(document, "azurerm_api_management_named_value").map(({ block }) => block["name"]),
      ),
      fragment: names(
        resources(document, "azurerm_api_management_policy_fragment").map(({ block }) => block["name"]),
      ),
    };
    const used = {
      "named value": texts.flatMap(({ address, text }) => found(address, text, /\{\{([^}]+)\}\}/g)),
      fragment: texts.flatMap(({ address, text }) => found(address, text, /fragment-id="([^"]+)"/g)),
    };
    const limits = resources(document, "azurerm_api_management_named_value")
      .filter(({ block }) => strings(block["value"]).some((value) => value.length > 4096))
      .map(({ address }) => `${address} is longer than 4096 characters`);
    return [
      ...limits,
      ...(["named value", "fragment"] as const).flatMap((kind) =>
        used[kind]
          .filter(({ name }) => !known[kind].has(name))
          .map(({ address, name }) => `${address} uses the ${kind} "${name}", which is not defined`),
      ),
    ];
  },
};

function names(values: readonly unknown[]): Set<string> {
  return new Set(values.map(String));
}

function found(address: string, text: string, pattern: RegExp): { address: string; name: string }[] {
  return [...text.matchAll(pattern)].map(([, name = ""]) => ({ address, name }));
}
