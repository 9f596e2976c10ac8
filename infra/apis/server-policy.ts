import type { LanguageTag } from "../../config/language-tags.ts";
import type { ResolvedServer } from "../../config/resolve.ts";
import { ratePolicies } from "./access-rule-rates.ts";
import { accessRulesData } from "./access-rules-data.ts";
import type { OperationDescription } from "./description.ts";
import { entraTokenVariables } from "./entra-tokens-data.ts";
import { setVariable } from "./policy-xml.ts";

/** What one operation of an MCP server does besides `mcp/api.xml`, which is the same for all servers. */
interface OwnPart {
  /** Policies before those of all servers: variables that they read. */
  readonly before: readonly string[];
  /** Policies of the request after those of all servers, which let it through. */
  readonly after: readonly string[];
}

/**
 * Writes the policy of an operation of an MCP server that is configured with more than what all servers have. It comes as a document
 * of its own, because a named value has room for 4,096 characters only.
 *
 * @returns nothing where the server needs none
 */
export function serverPolicy(
  server: ResolvedServer,
  method: OperationDescription["method"],
  language: LanguageTag,
): Pick<OperationDescription, "policy"> {
  const { before, after } = ownPart(server, method, language);
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
  return { policy: { name: `${method.toLowerCase()}-${server.name}.xml`, xml } };
}

function ownPart(
  server: ResolvedServer,
  method: OperationDescription["method"],
  language: LanguageTag,
): OwnPart {
  const rules = method === "POST" ? accessRulesData(server, language) : undefined;
  return {
    before: [
      ...(server.identity === "none" ? [setVariable("identity", "none")] : []),
      ...entraTokenVariables(server, language),
      ...(rules === undefined ? [] : [setVariable("access-rules", rules)]),
    ],
    after: rules === undefined ? [] : ratePolicies(server),
  };
}
