import { describe, expect, it } from "vitest";
import type { GatewayConfigInput } from "../config/schema.ts";
import { resources } from "./rules/rule.ts";
import type { TerraformDocument } from "./synthesize.ts";
import { SERVERS_BEHIND_KEYS, subject } from "./testing/subject.ts";

/** The first server's tool calls leave a trace, the second's do not. */
function withTrace(changes: object): TerraformDocument {
  const [notes, ...others] = SERVERS_BEHIND_KEYS.servers;
  const servers = [{ ...notes, ...changes }, ...others] as GatewayConfigInput["servers"];
  return subject({ GATEWAY_SAMPLE_SERVER: "false" }, { servers }).document;
}
const traced = withTrace({ traceToolCalls: { tools: ["add_note", "get_note"] } });
const untraced = withTrace({});

const policyOf = (document: TerraformDocument, operation: string) =>
  String(
    resources(document, "azurerm_api_management_api_operation_policy").find(({ name }) =>
      name.endsWith(operation),
    )?.block["xml_content"],
  );

interface Diagnostic {
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

function diagnosticsOf(document: TerraformDocument): readonly Diagnostic[] {
  const template = document.resource["azurerm_resource_group_template_deployment"]?.["gateway_logs_metrics"];
  return JSON.parse(String(template?.["template_content"])).resources;
}

describe("the trace of tool calls", () => {
  it("GW-20 is switched on by variables of the one operation that takes tool calls, at that server alone", () => {
    expect(policyOf(traced, "mcp-mcp_post")).toMatch(
      /<set-variable name="trace-tool-calls" value="notes" \/>\s*<set-variable name="known-tools" value="add_note get_note" \/>\s*<base \/>/,
    );
    for (const operation of ["mcp-mcp_get", "mcp-mcp_head", "mcp-mcp_delete", "mcp-files_mcp_post"])
      expect(policyOf(traced, operation)).not.toContain("trace-tool-calls");
    expect(policyOf(untraced, "mcp-mcp_post")).not.toContain("trace-tool-calls");
  });

  it("GW-20 has a server without anything of its own pay nothing: no policy", () => {
    const names = resources(subject().document, "azurerm_api_management_api_operation_policy").map(
      ({ name }) => name,
    );
    expect(names.filter((name) => name.includes("_mcp-"))).toEqual([]);
  });

  it("GW-20 lets its API emit metrics, and says the rest of each diagnostic as the provider does", () => {
    expect(
      diagnosticsOf(traced).map(({ name, properties }) => [name.split("/")[1], properties["metrics"]]),
    ).toEqual([
      ["oauth", false],
      ["mcp-mcp", true],
      ["mcp-files_mcp", false],
    ]);
    expect(diagnosticsOf(untraced).map(({ properties }) => properties["metrics"])).toEqual([
      false,
      false,
      false,
    ]);
    const provided = resources(traced, "azurerm_api_management_api_diagnostic").map(({ block }) => block);
    for (const [index, { properties }] of diagnosticsOf(traced).entries()) {
      const own = provided[index];
      expect(properties).toMatchObject({
        loggerId: own?.["api_management_logger_id"],
        sampling: { samplingType: "fixed", percentage: own?.["sampling_percentage"] },
        alwaysLog: own?.["always_log_errors"] ? "allErrors" : undefined,
        logClientIp: own?.["log_client_ip"],
        verbosity: own?.["verbosity"],
        httpCorrelationProtocol: own?.["http_correlation_protocol"],
        operationNameFormat: own?.["operation_name_format"],
      });
    }
  });

  it("GW-20 is deployed after the diagnostics, which would take it away again", () => {
    const template = traced.resource["azurerm_resource_group_template_deployment"]?.["gateway_logs_metrics"];
    expect(template?.["depends_on"]).toEqual(
      resources(traced, "azurerm_api_management_api_diagnostic").map(({ address }) => address),
    );
  });
});
