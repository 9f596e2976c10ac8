import { at, type Rule, resources } from "./rule.ts";

const REQUESTS = ["frontend_request", "backend_request"];
const HIDDEN = JSON.stringify([{ mode: "Hide", value: "*" }]);
const PARTS = [...REQUESTS, "frontend_response", "backend_response"];

/** Codes, states and tokens travel in bodies, headers and queries; none of these is logged. */
export const diagnosticsWithoutTokens: Rule = {
  name: "diagnostics without tokens",
  check: ({ document }) => [
    ...resources(document, "azurerm_api_management_api_diagnostic").flatMap(({ address, block }) => [
      ...(block["log_client_ip"] === false ? [] : [`${address} logs addresses`]),
      ...PARTS.flatMap((part) => [
        ...(at(block, part, "body_bytes") === 0 ? [] : [`${address}: ${part} logs the body`]),
        ...(JSON.stringify(at(block, part, "headers_to_log")) === "[]"
          ? []
          : [`${address}: ${part} logs headers`]),
      ]),
      ...REQUESTS.filter(
        (part) => JSON.stringify(at(block, part, "data_masking", "query_params")) !== HIDDEN,
      ).map((part) => `${address}: ${part} logs the query`),
    ]),
    ...resources(document, "azurerm_resource_group_template_deployment").flatMap(({ address, block }) =>
      (JSON.parse(String(block["template_content"])) as Template).resources
        .filter(({ type }) => type.endsWith("/diagnostics"))
        .filter(({ properties }) => !isSilent(properties))
        .map(({ name }) => `${address}: ${name} logs bodies, headers, the query or addresses`),
    ),
    // Gateway logs of Azure Monitor hold whole URLs, query and all.
    ...resources(document, "azurerm_monitor_diagnostic_setting")
      .filter(({ block }) => /api_management|function_app/.test(String(block["target_resource_id"])))
      .map(({ address }) => `${address} logs whole URLs`),
    ...resources(document, "azurerm_api_management_diagnostic").map(
      ({ address }) => `${address} is for every API, of others too`,
    ),
  ],
};

/** An Azure Resource Manager template, as far as diagnostics are concerned. */
interface Template {
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly properties: Readonly<Record<string, unknown>>;
  }[];
}

const RESPONSE = { body: { bytes: 0 }, headers: [] };
const REQUEST = { ...RESPONSE, dataMasking: { queryParams: [{ mode: "Hide", value: "*" }] } };
const SILENT = JSON.stringify({ request: REQUEST, response: RESPONSE });

function isSilent({ frontend, backend, logClientIp }: Template["resources"][number]["properties"]): boolean {
  return logClientIp === false && [frontend, backend].every((part) => JSON.stringify(part) === SILENT);
}
