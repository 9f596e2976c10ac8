import type { PolicySource } from "../apis/description.ts";
import { type PolicyDialect, readPolicy } from "../policies/policy-file.ts";
import { unescapeTemplates } from "../terraform/escape.ts";
import { localDescription } from "./policy-sources.ts";
import { type Rule, resources, type Subject } from "./rule.ts";

/** API Management gets what operators read in `policies/` and try locally, but for the comments. */
export const policiesEqualFiles: Rule = {
  name: "every policy in the stack equal to its file but for comments",
  check: ({ document, config, settings }: Subject) => {
    const dialect: PolicyDialect =
      settings.apim.kind === "new" && settings.apim.tier === "Consumption" ? "consumption" : "full";
    const { apis, fragments } = localDescription(config);
    const expected = new Map<string, PolicySource>([
      ...fragments.map(
        ({ id, policy }) => [`azurerm_api_management_policy_fragment.apis_fragment_${id}`, policy] as const,
      ),
      ...apis.map(
        ({ name, policy }) => [`azurerm_api_management_api_policy.apis_policy_${name}`, policy] as const,
      ),
      ...apis.flatMap((api) =>
        api.operations.flatMap(({ name, policy }) =>
          policy
            ? [
                [
                  `azurerm_api_management_api_operation_policy.apis_operation_policy_${api.name}_${name}`,
                  policy,
                ] as const,
              ]
            : [],
        ),
      ),
    ]);
    const inStack = new Map(
      [
        ...resources(document, "azurerm_api_management_policy_fragment"),
        ...resources(document, "azurerm_api_management_api_policy"),
        ...resources(document, "azurerm_api_management_api_operation_policy"),
      ].map(({ address, block }) => [
        address,
        unescapeTemplates(String(block["xml_content"] ?? block["value"])),
      ]),
    );
    const raw = resources(document, "azurerm_api_management_policy_fragment")
      .filter(({ block }) => block["format"] !== "rawxml")
      .map(({ address }) => `${address} is not rawxml, so API Management would read its expressions as XML`);
    return [
      ...raw,
      ...[...expected]
        .filter(([address, file]) => inStack.get(address) !== readPolicy(file, dialect))
        .map(([address, source]) => `${address} is not ${typeof source === "string" ? source : source.name}`),
      ...[...inStack.keys()]
        .filter((address) => !expected.has(address))
        .map((address) => `${address} is a policy of no file`),
    ];
  },
};
