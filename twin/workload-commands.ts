import type { ResolvedServer } from "../config/resolve.ts";
import type { Twin } from "./twin.ts";

const READ_TOKEN = `node -pe 'JSON.parse(require("fs").readFileSync(0)).access_token'`;
const MESSAGE = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });

/**
 * Writes how the demo tenant's workload gets an Entra token from the stand-in and presents it, as a section for people.
 *
 * @returns nothing where no server takes its token
 */
export function workloadCommands({
  resolved,
  tenant,
  entra,
}: Pick<Twin, "resolved" | "tenant" | "entra">): string {
  const { nightlyReport, graphMcp } = tenant;
  const taking = resolved.servers.filter((server) => takesTokenOf(server, tenant));
  if (taking.length === 0) return "";
  const form = [
    "grant_type=client_credentials",
    `client_id=${nightlyReport.clientId}`,
    `client_secret=${nightlyReport.secret}`,
    `scope=${graphMcp.identifierUris[0]}/.default`,
  ];
  const tokenUrl = `${entra.url}/${tenant.tenantId}/oauth2/v2.0/token`;
  const calls = taking.map(
    ({ resource }) =>
      `  curl -s ${resource} -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '${MESSAGE}'`,
  );
  return `
Call without a sign-in, with the Entra token of a workload ("${nightlyReport.displayName}")
  TOKEN=$(curl -s ${tokenUrl} ${form.map((each) => `-d ${each}`).join(" ")} | ${READ_TOKEN})
${calls.join("\n")}
`;
}

function takesTokenOf({ entraTokens }: ResolvedServer, { nightlyReport, graphMcp }: Twin["tenant"]): boolean {
  const roles = nightlyReport.assignedRoles?.[graphMcp.clientId] ?? [];
  if (!entraTokens) return false;
  return (
    entraTokens.audiences.includes(graphMcp.clientId) &&
    entraTokens.clients.includes(nightlyReport.clientId) &&
    roles.some((role) => Object.hasOwn(entraTokens.workloads, role))
  );
}
