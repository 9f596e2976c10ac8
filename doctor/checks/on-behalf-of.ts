import { aadstsIn, entraCause, isFederatedCredentialCause } from "../../config/rules/entra-causes.ts";
import { type Check, findingsOf } from "../check.ts";
import { argument, readLog } from "../commands.ts";
import { mendFederatedCredential } from "../entra/refusals.ts";
import type { EntraRequest } from "../entra/request.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { McpError, withMcp } from "../mcp-session.ts";
import { quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { entraPage } from "./entra-page.ts";
import { signIn } from "./sign-in.ts";
import { tools } from "./tools.ts";

const TOOL = "get_graph_user_details";

const catalogue = {
  "graph-consent": {
    level: "error",
    means: "Nobody has consented to the MCP server's use of Microsoft Graph (AADSTS65001)",
    why: "The server cannot act for the person On-Behalf-Of, so its Graph tools fail.",
  },
  "server-credential": {
    level: "error",
    means:
      "The MCP server's application does not accept its managed identity (AADSTS700213, AADSTS700211, AADSTS700212)",
    why: "The server cannot prove to Entra who it is, so it gets no token for Microsoft Graph.",
  },
  "graph-fails": {
    level: "error",
    means: "The tool that calls Microsoft Graph fails for another reason",
    why: "The server cannot act for the person On-Behalf-Of.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** The MCP server reaches Microsoft Graph On-Behalf-Of the person. What Graph says of them is not shown. */
export const onBehalfOf: Check = {
  name: "on-behalf-of",
  title: "On-Behalf-Of",
  needs: [entraPage, signIn, tools],
  catalogue,
  async examine(given, visit) {
    if (!given(tools).includes(TOOL)) return { findings: [], notChecked: `the server has no tool ${TOOL}` };
    try {
      const result = await withMcp(visit, given(signIn).accessToken, (client) =>
        client.callTool({ name: TOOL, arguments: {} }),
      );
      if (!result.isError) return { findings: [], fine: `${TOOL} answers for the person` };
      const text = result.content.map((part) => (part.type === "text" ? part.text : "")).join(" ");
      return { findings: [refusal(visit, text, given(entraPage))] };
    } catch (error) {
      if (!(error instanceof McpError)) throw error;
      const what = `The call ends with ${quote(error.message)}.`;
      return { findings: [find("graph-fails", { what, mend: readLog(visit, error.correlationId) })] };
    }
  },
};

function refusal(visit: Visit, text: string, { resource, tenantId }: EntraRequest): Finding {
  const what = `The tool says ${quote(text)}.`;
  const cause = entraCause(aadstsIn(text));
  const server = resource ?? "<the MCP server's application ID>";
  if (cause === "consent") {
    const mend = [
      `az ad app permission list --id ${argument(server)} --output table`,
      `az ad app permission admin-consent --id ${argument(server)}`,
    ];
    return find("graph-consent", { what, mend });
  }
  if (isFederatedCredentialCause(cause)) {
    return find("server-credential", { what, mend: mendFederatedCredential(visit, server, tenantId) });
  }
  return find("graph-fails", { what, mend: readLog(visit) });
}
