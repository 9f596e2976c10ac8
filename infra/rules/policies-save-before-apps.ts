import { unescapeTemplates } from "../terraform/escape.ts";
import { type Rule, resources, strings } from "./rule.ts";

/**
 * When API Management saves a policy, it fetches the OpenID configurations that the policy names, and refuses the policy where
 * it cannot (`validate-connectivity`). Ours come from the authorization server, whose code is deployed only after the policies.
 */
export const policiesSaveBeforeApps: Rule = {
  name: "policies that can be saved before the apps have their code",
  check: ({ document }) =>
    resources(document)
      .filter(({ type }) => type.startsWith("azurerm_api_management_"))
      .flatMap(({ address, block }) =>
        strings(block)
          .flatMap((text) => unescapeTemplates(text).match(/<openid-config\b[^>]*>/g) ?? [])
          .filter((element) => !element.includes('validate-connectivity="false"'))
          .map((element) => `${address} is refused until the app answers: ${element}`),
      ),
};
