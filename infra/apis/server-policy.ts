import type { LanguageTag } from "../../config/language-tags.ts";
import type { ResolvedServer } from "../../config/resolve.ts";
import type { ServerConfig } from "../../config/servers.ts";
import { tracedTools } from "../../config/tool-call-trace.ts";
import { ratePolicies } from "./access-rule-rates.ts";
import { accessRulesData } from "./access-rules-data.ts";
import { backendHeaders } from "./backend-headers.ts";
import type { OperationDescription } from "./description.ts";
import { entraTokenVariables } from "./entra-tokens-data.ts";
import { setVariable } from "./policy-xml.ts";

/** What one operation of an MCP server does besides `mcp/api.xml`, which is the same for all servers. */
interface OwnPart {
  /** Policies before those of all servers: variables that they read. */
  readonly before: readonly string[];
  /** Policies of the request after those of all servers, which let it through: they limit it, or change what goes to the backend. */
  readonly after: readonly string[];
}

/** A server as it is deployed and as it is configured. */
export interface DescribedServer {
  readonly server: ResolvedServer;
  /** What only the gateway needs of a server is not resolved, because that goes to the authorization server. */
  readonly config: ServerConfig;
}

/**
 * Writes the policy of an operation of an MCP server that is configured with more than what all servers have. It comes as a document
 * of its own, because a named value has room for 4,096 characters only.
 *
 * @returns nothing where the server needs none
 */
export function serverPolicy(
  described: DescribedServer,
  method: OperationDescription["method"],
  language: LanguageTag,
): Pick<OperationDescription, "policy"> {
  const { before, after } = ownPart(described, method, language);
  if (before.length + after.length === 0) return {};
  const lines = (policies: readonly string[]) =>
    policies.map((policy) => `${policy.replace(/^/gm, "    ")}\n`).join("");
  const xml = `<policies>
  <inbound>
${lines(before)}    <base />
${lines(after)}  </inbound>
  <backend>
    <base />
  </backend>
  <outbound>
    <base />
  </outbound>
  <on-error>
    <base />
  </on-error>
</policies>
`;
  return { policy: { name: `${method.toLowerCase()}-${described.server.name}.xml`, xml } };
}

function ownPart(
  { server, config }: DescribedServer,
  method: OperationDescription["method"],
  language: LanguageTag,
): OwnPart {
  const rules = method === "POST" ? accessRulesData(server, language) : undefined;
  return {
    before: [
      ...(server.identity === "none" ? [setVariable("identity", "none")] : []),
      ...entraTokenVariables(server, language),
      ...(rules === undefined ? [] : [setVariable("access-rules", rules)]),
      ...(method === "POST" ? traceVariables(config) : []),
    ],
    after: [
      ...(rules === undefined ? [] : ratePolicies(server)),
      ...backendHeaders(config).map(({ policy }) => policy),
    ],
  };
}

/** What the fragments mcp-tool-calls and mcp-tool-call-trace read; nothing where tool calls leave no trace. */
function traceVariables(config: ServerConfig): string[] {
  const tools = tracedTools(config);
  if (!tools) return [];
  return [
    setVariable("trace-tool-calls", config.name),
    ...(tools.length > 0 ? [setVariable("known-tools", tools.join(" "))] : []),
  ];
}
