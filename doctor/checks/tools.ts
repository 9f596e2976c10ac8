import { type Check, findingsOf } from "../check.ts";
import { provision, readBackendKeys, readLog } from "../commands.ts";
import type { Catalogue, Finding } from "../finding.ts";
import { McpError, withMcp } from "../mcp-session.ts";
import { bare, quote } from "../quote.ts";
import type { Visit } from "../visit.ts";
import { signIn } from "./sign-in.ts";

const catalogue = {
  "mcp-refuses-token": {
    level: "error",
    means: "The MCP server, or the gateway before it, refuses the token it has just got",
    why: "Clients sign in over and over again.",
  },
  "mcp-unavailable": {
    level: "error",
    means: "The MCP server cannot be reached through the gateway",
    why: "Clients are signed in, and still have no tools.",
  },
  "mcp-answer": {
    level: "error",
    means: "The MCP server does not speak MCP, or not a revision that clients know",
    why: "Clients are signed in, and still have no tools.",
  },
  "tools-none": {
    level: "warning",
    means: "The MCP server has no tools",
    why: "Clients connect, and there is nothing to use.",
  },
} satisfies Catalogue;
const find = findingsOf(catalogue);

/** The MCP server's tools, asked for by an MCP client. @returns their names */
export const tools: Check<readonly string[]> = {
  name: "tools",
  title: "MCP tools",
  needs: [signIn],
  catalogue,
  async examine(given, visit) {
    try {
      return await withMcp(visit, given(signIn).accessToken, async (client) => {
        const names = (await client.listTools()).tools.map((tool) => tool.name);
        if (names.length === 0) {
          return { findings: [find("tools-none", { what: "The list is empty.", mend: [] })], result: names };
        }
        const { name = "?", version = "?" } = client.getServerVersion() ?? {};
        const revision = client.getNegotiatedProtocolVersion() ?? "?";
        const fine = `${bare(names.join(", "))} (${bare(name)} ${bare(version)}, MCP ${bare(revision)})`;
        return { findings: [], fine, result: names };
      });
    } catch (error) {
      if (!(error instanceof McpError)) throw error;
      return { findings: [failure(visit, error)] };
    }
  },
};

function failure(visit: Visit, error: McpError): Finding {
  const log = readLog(visit, error.correlationId);
  const { status } = error;
  if (status === 401 || status === 403) {
    const mend = [
      "Where the backend refused, its own log says why; its application, scope and tenant have to be those of servers[].entra.scope, or its issuer, JWKS URL and audience those of the gateway's assertions:",
      ...log,
      ...readBackendKeys(visit),
      provision(visit),
    ];
    return find("mcp-refuses-token", { what: `${visit.mcpUrl} answers ${status} to the new token.`, mend });
  }
  if (status === undefined || (status < 500 && status !== 404)) {
    return find("mcp-answer", { what: `The client library says ${quote(error.message)}.`, mend: log });
  }
  const mend = [
    ...log,
    "502 and 504 are the backend's; 503 is the authorization server's, asked for the person's Entra token:",
    'az functionapp list --resource-group <resource group> --query "[].{name:name, state:state, host:defaultHostName}" --output table',
    provision(visit),
  ];
  return find("mcp-unavailable", { what: `${visit.mcpUrl} answers ${status}.`, mend });
}
