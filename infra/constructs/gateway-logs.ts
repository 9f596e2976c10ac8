import type { ApiManagementApi } from "@cdktf/provider-azurerm/lib/api-management-api/index.js";
import { ApiManagementApiDiagnostic } from "@cdktf/provider-azurerm/lib/api-management-api-diagnostic/index.js";
import { ResourceGroupTemplateDeployment } from "@cdktf/provider-azurerm/lib/resource-group-template-deployment/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Gateway } from "./api-management.ts";
import type { Place } from "./place.ts";
import type { Telemetry } from "./telemetry.ts";

const LOGGER = "mcp-gateway";

/** No body, no header, and no query: codes, states and tokens travel in all three. */
const RESPONSE = { bodyBytes: 0, headersToLog: [] };
const QUERY_HIDDEN = { queryParams: [{ mode: "Hide", value: "*" }] };
const REQUEST = { ...RESPONSE, dataMasking: QUERY_HIDDEN };

/** Of every request, however it ends. */
const LOGGED = {
  samplingPercentage: 100,
  logClientIp: false,
  verbosity: "information",
  httpCorrelationProtocol: "W3C",
  operationNameFormat: "Name",
};

const IDENTIFIER = "applicationinsights";
const API_VERSION = "2024-05-01";

/** Sends each API's requests to Application Insights, in the gateway's own name. */
export class GatewayLogs extends Construct {
  constructor(
    scope: Construct,
    place: Place,
    gateway: Gateway,
    options: {
      readonly telemetry: Telemetry;
      readonly apis: ReadonlyMap<string, ApiManagementApi>;
      /** Names of those whose policies emit metrics. */
      readonly withMetrics: ReadonlySet<string>;
      /** The role with which the gateway may send. */
      readonly after: ITerraformDependable;
    },
  ) {
    super(scope, "gateway_logs");
    // azurerm_api_management_logger knows keys only. The template sets the one property that it lacks, the identity.
    const logger = new ResourceGroupTemplateDeployment(this, "logger", {
      // In the instance's own group, where another gateway's instance may be, too.
      name: place.name("logger"),
      resourceGroupName: gateway.resourceGroupName,
      deploymentMode: "Incremental",
      templateContent: JSON.stringify(loggerTemplate(gateway, options.telemetry)),
      dependsOn: [gateway.ready, options.after],
    });
    const diagnostics = [...options.apis].map(
      ([name, api]) =>
        new ApiManagementApiDiagnostic(this, `diagnostic_${name}`, {
          identifier: IDENTIFIER,
          apiManagementName: gateway.name,
          resourceGroupName: gateway.resourceGroupName,
          apiName: api.name,
          apiManagementLoggerId: `${gateway.id}/loggers/${LOGGER}`,
          alwaysLogErrors: true,
          ...LOGGED,
          frontendRequest: REQUEST,
          frontendResponse: RESPONSE,
          backendRequest: REQUEST,
          backendResponse: RESPONSE,
          dependsOn: [logger],
        }),
    );
    // azurerm_api_management_api_diagnostic does not know `metrics`, without which API Management drops what policies emit. The template
    // says the same of each diagnostic and that as well, so it changes and is deployed again whenever one of them changes. It stays when
    // nothing emits metrics any more, because removing it would remove the diagnostics.
    new ResourceGroupTemplateDeployment(this, "metrics", {
      name: place.name("metrics"),
      resourceGroupName: gateway.resourceGroupName,
      deploymentMode: "Incremental",
      templateContent: JSON.stringify(
        template(
          [...options.apis.keys()].map((api) =>
            diagnosticResource(gateway, api, options.withMetrics.has(api)),
          ),
        ),
      ),
      dependsOn: diagnostics,
    });
  }
}

/** One API's diagnostic as Azure Resource Manager takes it. */
function diagnosticResource(gateway: Gateway, api: string, metrics: boolean) {
  const response = { body: { bytes: 0 }, headers: [] };
  const request = { ...response, dataMasking: QUERY_HIDDEN };
  return {
    type: "Microsoft.ApiManagement/service/apis/diagnostics",
    apiVersion: API_VERSION,
    name: `${gateway.name}/${api}/${IDENTIFIER}`,
    properties: {
      loggerId: `${gateway.id}/loggers/${LOGGER}`,
      sampling: { samplingType: "fixed", percentage: LOGGED.samplingPercentage },
      alwaysLog: "allErrors",
      logClientIp: LOGGED.logClientIp,
      verbosity: LOGGED.verbosity,
      httpCorrelationProtocol: LOGGED.httpCorrelationProtocol,
      operationNameFormat: LOGGED.operationNameFormat,
      frontend: { request, response },
      backend: { request, response },
      metrics,
    },
  };
}

function template(resources: readonly object[]) {
  return {
    $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    contentVersion: "1.0.0.0",
    resources,
  };
}

/** The logger as Azure Resource Manager takes it. */
function loggerTemplate(gateway: Gateway, telemetry: Telemetry) {
  return template([
    {
      type: "Microsoft.ApiManagement/service/loggers",
      apiVersion: API_VERSION,
      name: `${gateway.name}/${LOGGER}`,
      properties: {
        loggerType: "applicationInsights",
        description: "Application Insights, by the gateway's identity",
        resourceId: telemetry.insightsId,
        isBuffered: true,
        credentials: {
          connectionString: telemetry.connectionString,
          identityClientId: gateway.identity.clientId,
        },
      },
    },
  ]);
}
