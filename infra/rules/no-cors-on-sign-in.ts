import { routes } from "../../functions/authorization-server/contract.ts";
import { unescapeTemplates } from "../terraform/escape.ts";
import { at, type Rule, resources } from "./rule.ts";

const PERSON = new Set(
  Object.entries(routes)
    .filter(([, { caller }]) => caller === "person")
    .map(([name]) => name),
);

/** No script of any site may read what a person's browser walks through, nor call anything with cookies. */
export const noCorsOnSignIn: Rule = {
  name: "no wildcard CORS on sign-in paths",
  check: ({ document }) => [
    ...resources(document, "azurerm_api_management_api_operation_policy")
      .filter(({ block }) =>
        PERSON.has(String(block["operation_id"]).split(".").at(-2)?.split("_oauth_")[1] ?? ""),
      )
      .filter(({ block }) => unescapeTemplates(String(block["xml_content"])).includes("<cors"))
      .map(({ address }) => `${address} has CORS`),
    ...resources(document, "azurerm_api_management_api_policy")
      .filter(({ block }) => String(block["api_name"]).includes("api_oauth"))
      .filter(({ block }) => String(block["xml_content"]).includes("<cors"))
      .map(({ address }) => `${address} has CORS for every path, sign-in included`),
    ...resources(document)
      .filter(({ block }) =>
        String(block["xml_content"] ?? block["value"]).includes('allow-credentials="true"'),
      )
      .map(({ address }) => `${address} lets scripts send cookies`),
    ...resources(document, "azurerm_function_app_flex_consumption")
      .filter(({ block }) => at(block, "site_config", "cors") !== undefined)
      .map(({ address }) => `${address} has CORS past the gateway`),
  ],
};
