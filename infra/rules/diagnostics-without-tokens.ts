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
    // Gateway logs of Azure Monitor hold whole URLs, query and all.
    ...resources(document, "azurerm_monitor_diagnostic_setting")
      .filter(({ block }) => /api_management|function_app/.test(String(block["target_resource_id"])))
      .map(({ address }) => `${address} logs whole URLs`),
    ...resources(document, "azurerm_api_management_diagnostic").map(
      ({ address }) => `${address} is for every API, of others too`,
    ),
  ],
};
