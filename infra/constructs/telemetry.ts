import { ApplicationInsights } from "@cdktf/provider-azurerm/lib/application-insights/index.js";
import { LogAnalyticsWorkspace } from "@cdktf/provider-azurerm/lib/log-analytics-workspace/index.js";
import { Construct } from "constructs";
import type { Place } from "./place.ts";

const RETENTION_DAYS = 30;

/** Logs and traces. Nothing is taken in but from an identity with the role for it. */
export class Telemetry extends Construct {
  readonly workspaceId: string;
  readonly insightsId: string;
  /** Says where to send, not who may: without a key that would do. */
  readonly connectionString: string;

  constructor(scope: Construct, place: Place) {
    super(scope, "telemetry");
    const { resourceGroupName, location, tags } = place;
    const workspace = new LogAnalyticsWorkspace(this, "workspace", {
      name: place.name("log"),
      resourceGroupName,
      location,
      sku: "PerGB2018",
      retentionInDays: RETENTION_DAYS,
      localAuthenticationEnabled: false,
      tags,
    });
    const insights = new ApplicationInsights(this, "insights", {
      name: place.name("appi"),
      resourceGroupName,
      location,
      applicationType: "Node.JS",
      workspaceId: workspace.id,
      retentionInDays: RETENTION_DAYS,
      samplingPercentage: 100,
      localAuthenticationDisabled: true,
      tags,
    });
    this.workspaceId = workspace.id;
    this.insightsId = insights.id;
    this.connectionString = insights.connectionString;
  }
}
