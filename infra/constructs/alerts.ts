import { MonitorActionGroup } from "@cdktf/provider-azurerm/lib/monitor-action-group/index.js";
import { MonitorMetricAlert } from "@cdktf/provider-azurerm/lib/monitor-metric-alert/index.js";
import { MonitorScheduledQueryRulesAlertV2 } from "@cdktf/provider-azurerm/lib/monitor-scheduled-query-rules-alert-v2/index.js";
import { Construct } from "constructs";
import type { Gateway } from "./api-management.ts";
import type { Place } from "./place.ts";
import type { SessionStore } from "./session-store.ts";
import type { Telemetry } from "./telemetry.ts";

/** A query whose every result is a reason to tell somebody. */
interface QueryAlert {
  readonly name: string;
  readonly description: string;
  /** 0 is critical, 4 is verbose. */
  readonly severity: number;
  readonly scope: "insights" | "workspace";
  readonly every: string;
  readonly over: string;
  /** Kusto, without anything that Terraform takes for a template. */
  readonly query: string;
}

const QUERY_ALERTS: readonly QueryAlert[] = [
  {
    name: "token-reuse",
    description:
      "An authorization code or a refresh token was used a second time. The session is revoked; find out who held the token.",
    severity: 1,
    scope: "insights",
    every: "PT5M",
    over: "PT5M",
    query: [
      "traces",
      '| where message has "reuse_detected"',
      "| extend line = parse_json(message)",
      '| where tostring(line.event) == "reuse_detected"',
    ].join("\n"),
  },
  {
    name: "unauthorized-rate",
    description:
      "More than half of many MCP calls were answered 401: a client is misconfigured, sessions were revoked, or somebody guesses.",
    severity: 2,
    scope: "insights",
    every: "PT15M",
    over: "PT15M",
    query: [
      "requests",
      '| where operation_Name startswith "mcp-"',
      '| summarize calls = count(), unauthorized = countif(resultCode == "401")',
      "| where calls >= 200 and unauthorized * 2 > calls",
    ].join("\n"),
  },
  {
    name: "refused-tool-calls",
    description:
      "Many tool calls of one session, or of one tool, were refused: an agent tries what its person may not do, or a rule refuses people that it should let in.",
    severity: 2,
    scope: "insights",
    every: "PT15M",
    over: "PT15M",
    query: [
      "let refused = traces",
      '| where message has "tool_call"',
      "| extend line = parse_json(message)",
      '| where tostring(line.event) == "tool_call" and tostring(line.outcome) == "refused";',
      "let bySession = refused | summarize calls = count() by server = tostring(line.server), what = tostring(line.session) | where calls >= 20;",
      "let byTool = refused | summarize calls = count() by server = tostring(line.server), what = tostring(line.tool) | where calls >= 50;",
      "union bySession, byTool",
    ].join("\n"),
  },
  {
    name: "key-near-expiry",
    description:
      "A key in Key Vault ends within 30 days, so its policy has not rotated it. Rotate it by hand and look at the policy.",
    severity: 1,
    scope: "workspace",
    every: "P1D",
    over: "P1D",
    query: [
      "AzureDiagnostics",
      '| where ResourceProvider == "MICROSOFT.KEYVAULT"',
      '| where OperationName in ("KeyNearExpiryEventGridNotification", "KeyExpiredEventGridNotification")',
    ].join("\n"),
  },
];

export interface AlertsOptions {
  readonly telemetry: Telemetry;
  readonly gateway: Gateway;
  readonly store: SessionStore;
  readonly email: string | undefined;
}

/** What somebody has to look at. */
export class Alerts extends Construct {
  constructor(scope: Construct, place: Place, { telemetry, gateway, store, email }: AlertsOptions) {
    super(scope, "alerts");
    const { resourceGroupName, location } = place;
    const tags = { ...place.tags };
    const receivers = email ? [this.receivers(place, email)] : [];
    for (const alert of QUERY_ALERTS) {
      new MonitorScheduledQueryRulesAlertV2(this, alert.name.replaceAll("-", "_"), {
        name: `${place.name("alert")}-${alert.name}`,
        resourceGroupName,
        location,
        displayName: alert.name,
        description: alert.description,
        severity: alert.severity,
        scopes: [alert.scope === "insights" ? telemetry.insightsId : telemetry.workspaceId],
        evaluationFrequency: alert.every,
        windowDuration: alert.over,
        criteria: [
          { query: alert.query, timeAggregationMethod: "Count", operator: "GreaterThan", threshold: 0 },
        ],
        // The workspace has no table before its first row.
        skipQueryValidation: true,
        autoMitigationEnabled: false,
        ...(receivers.length > 0 ? { action: { actionGroups: receivers } } : {}),
        tags,
      });
    }
    const actions = receivers.map((actionGroupId) => ({ actionGroupId }));
    new MonitorMetricAlert(this, "server_errors", {
      name: `${place.name("alert")}-server-errors`,
      resourceGroupName,
      description: "The gateway answered more than five requests with a 5xx within five minutes.",
      scopes: [gateway.id],
      severity: 1,
      frequency: "PT1M",
      windowSize: "PT5M",
      criteria: [
        {
          metricNamespace: "Microsoft.ApiManagement/service",
          metricName: "Requests",
          aggregation: "Total",
          operator: "GreaterThan",
          threshold: 5,
          dimension: [{ name: "GatewayResponseCodeCategory", operator: "Include", values: ["5xx"] }],
          // A new instance has counted nothing, and Microsoft's pages differ on whether the Consumption tier counts at all.
          skipMetricValidation: true,
        },
      ],
      action: actions,
      tags,
    });
    new MonitorMetricAlert(this, "store_throttled", {
      name: `${place.name("alert")}-store-throttled`,
      resourceGroupName,
      description: "Cosmos DB refused more than ten requests for want of throughput within five minutes.",
      scopes: [store.accountId],
      severity: 2,
      frequency: "PT1M",
      windowSize: "PT5M",
      criteria: [
        {
          metricNamespace: "Microsoft.DocumentDB/databaseAccounts",
          metricName: "TotalRequests",
          aggregation: "Count",
          operator: "GreaterThan",
          threshold: 10,
          dimension: [{ name: "StatusCode", operator: "Include", values: ["429"] }],
        },
      ],
      action: actions,
      tags,
    });
  }

  /** @returns the ID of the group that alerts are sent to */
  private receivers({ name, resourceGroupName, tags }: Place, email: string): string {
    return new MonitorActionGroup(this, "receivers", {
      name: name("ag"),
      resourceGroupName,
      shortName: "mcpgateway",
      emailReceiver: [{ name: "operators", emailAddress: email, useCommonAlertSchema: true }],
      tags: { ...tags },
    }).id;
  }
}
