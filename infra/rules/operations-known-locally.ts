import { isOperation, type Route, routes } from "../../functions/authorization-server/contract.ts";
import { localDescription } from "./policy-sources.ts";
import { type Rule, resources } from "./rule.ts";

/** The cloud serves what the local gateway serves, no more and no less, and nothing that only the gateway may call. */
export const operationsKnownLocally: Rule = {
  name: "every operation in the stack known to the local gateway and the reverse",
  check: ({ document, config }) => {
    const paths = new Map(
      resources(document, "azurerm_api_management_api").map(({ name, block }) => [
        name,
        String(block["path"]),
      ]),
    );
    const inStack = resources(document, "azurerm_api_management_api_operation").map(({ block }) => {
      const api = /azurerm_api_management_api\.([\w-]+)\.name/.exec(String(block["api_name"]))?.[1] ?? "";
      return served(String(block["method"]), paths.get(api) ?? "?", String(block["url_template"]));
    });
    const locally = localDescription(config).apis.flatMap((api) =>
      api.operations.map(({ method, urlTemplate }) => served(method, api.path, urlTemplate)),
    );
    const internal = Object.values<Route>(routes)
      .filter((route) => !isOperation(route))
      .map(({ method, path }) => served(method, "", path));
    return [
      ...inStack.filter((each) => !locally.includes(each)).map((each) => `${each} is in the stack alone`),
      ...locally.filter((each) => !inStack.includes(each)).map((each) => `${each} is not in the stack`),
      ...inStack.filter((each) => internal.includes(each)).map((each) => `${each} is for the gateway alone`),
    ];
  },
};

function served(method: string, apiPath: string, urlTemplate: string): string {
  return `${method} ${apiPath === "" ? "" : `/${apiPath}`}${urlTemplate}`;
}
