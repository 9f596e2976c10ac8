import { ApplicationInsightsWorkbook } from "@cdktf/provider-azurerm/lib/application-insights-workbook/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplates } from "../terraform/escape.ts";
import { uuidOf } from "../terraform/uuid.ts";
import type { Place } from "./place.ts";
import type { Telemetry } from "./telemetry.ts";

interface Chart {
  readonly title: string;
  readonly query: string;
  readonly visualization: "timechart" | "table" | "barchart";
}

const LINES =
  "traces | where message startswith '{' | extend line = parse_json(message), event = tostring(parse_json(message).event)";

const TOOL_CALLS = `${LINES} | where event == 'tool_call'`;

const CHARTS: readonly Chart[] = [
  {
    title: "Requests by API and status",
    query:
      "requests | where operation_Name startswith 'oauth' or operation_Name startswith 'mcp-' | summarize count() by bin(timestamp, 15m), resultCode",
    visualization: "timechart",
  },
  {
    title: "Latency by operation (milliseconds)",
    query:
      "requests | summarize calls = count(), p50 = percentile(duration, 50), p95 = percentile(duration, 95), p99 = percentile(duration, 99) by operation_Name | order by calls desc",
    visualization: "table",
  },
  {
    title: "Calls by MCP server",
    query:
      "requests | where operation_Name startswith 'mcp-' | extend server = extract('^mcp-([a-z0-9-]+);', 1, operation_Name) | summarize count() by bin(timestamp, 15m), server",
    visualization: "timechart",
  },
  {
    title: "Sign-ins by MCP server",
    query: `${LINES} | where event == 'signed_in' | summarize count() by bin(timestamp, 1h), server = tostring(line.servers)`,
    visualization: "timechart",
  },
  {
    title: "Clients: registered, approved, given tokens",
    query: `${LINES} | where event in ('registered', 'consented', 'issued') | summarize count() by client = tostring(line.client), event | order by count_ desc`,
    visualization: "table",
  },
  {
    title: "Refusals by endpoint and reason",
    query: `${LINES} | where event has 'refused' | summarize count() by event, endpoint = tostring(line.endpoint), reason = tostring(line.reason) | order by count_ desc`,
    visualization: "table",
  },
  {
    title: "Tool calls by tool",
    query: `${TOOL_CALLS} | summarize count() by bin(timestamp, 15m), tool = strcat(line.server, '/', line.tool)`,
    visualization: "timechart",
  },
  {
    title: "Refused and failed tool calls",
    query: `${TOOL_CALLS} | where line.outcome != 'ok' | summarize calls = count(), people = dcount(tostring(line.user)) by server = tostring(line.server), tool = tostring(line.tool), outcome = tostring(line.outcome), reason = tostring(line.reason) | order by calls desc`,
    visualization: "table",
  },
  {
    title: "Latency by tool (milliseconds to the head of the answer)",
    query: `${TOOL_CALLS} | where line.outcome == 'ok' | extend duration = toreal(line.duration) | summarize calls = count(), p50 = percentile(duration, 50), p95 = percentile(duration, 95), p99 = percentile(duration, 99) by server = tostring(line.server), tool = tostring(line.tool) | order by calls desc`,
    visualization: "table",
  },
  {
    title: "Everything the apps noted",
    query: `${LINES} | summarize count() by bin(timestamp, 1h), event`,
    visualization: "timechart",
  },
];

/** A page in the portal: requests, latency, sign-ins, clients, servers, tools, refusals. */
export class Workbook extends Construct {
  readonly id: string;

  constructor(scope: Construct, place: Place, telemetry: Telemetry) {
    super(scope, "workbook");
    const workbook = new ApplicationInsightsWorkbook(this, "workbook", {
      // Unique for each deployment, as Azure asks, and the same on every synthesis.
      name: Fn.uuidv5(uuidOf("workbook"), place.resourceGroupName),
      resourceGroupName: place.resourceGroupName,
      location: place.location,
      displayName: "MCP gateway",
      sourceId: Fn.lower(telemetry.insightsId),
      dataJson: escapeTemplates(JSON.stringify(page())),
      tags: { ...place.tags },
    });
    this.id = workbook.id;
  }
}

function page() {
  return {
    version: "Notebook/1.0",
    items: [
      {
        type: 9,
        name: "range",
        content: {
          version: "KqlParameterItem/1.0",
          parameters: [
            {
              id: uuidOf("workbook/range"),
              version: "KqlParameterItem/1.0",
              name: "TimeRange",
              label: "Time range",
              type: 4,
              isRequired: true,
              value: { durationMs: 86_400_000 },
              typeSettings: {
                selectableValues: [3_600_000, 86_400_000, 604_800_000, 2_592_000_000].map((durationMs) => ({
                  durationMs,
                })),
              },
            },
          ],
        },
      },
      ...CHARTS.map(({ title, query, visualization }) => ({
        type: 3,
        name: title,
        content: {
          version: "KqlItem/1.0",
          title,
          query,
          visualization,
          size: 0,
          queryType: 0,
          resourceType: "microsoft.insights/components",
          timeContextFromParameter: "TimeRange",
        },
      })),
    ],
    isLocked: false,
    $schema: "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
  };
}
