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
const REQUEST = { ...RESPONSE, dataMasking: { queryParams: [{ mode: "Hide", value: "*" }] } };

/** Sends each API's requests to Application Insights, in the gateway's own name. */
export class GatewayLogs extends Construct {
  constructor(
    scope: Construct,
    place: Place,
    gateway: Gateway,
    options: {
      readonly telemetry: Telemetry;
      readonly apis: ReadonlyMap<string, ApiManagementApi>;
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
    for (const [name, api] of options.apis) {
      new ApiManagementApiDiagnostic(this, `diagnostic_${name}`, {
        identifier: "applicationinsights",
        apiManagementName: gateway.name,
        resourceGroupName: gateway.resourceGroupName,
        apiName: api.name,
        apiManagementLoggerId: `${gateway.id}/loggers/${LOGGER}`,
        samplingPercentage: 100,
        alwaysLogErrors: true,
        logClientIp: false,
        verbosity: "information",
        httpCorrelationProtocol: "W3C",
        operationNameFormat: "Name",
        frontendRequest: REQUEST,
        frontendResponse: RESPONSE,
        backendRequest: REQUEST,
        backendResponse: RESPONSE,
        dependsOn: [logger],
      });
    }
  }
}

/** An Azure Resource Manager template of one logger. */
function loggerTemplate(gateway: Gateway, telemetry: Telemetry) {
  return {
    $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    contentVersion: "1.0.0.0",
    resources: [
      {
        type: "Microsoft.ApiManagement/service/loggers",
        apiVersion: "2024-05-01",
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
    ],
  };
}
