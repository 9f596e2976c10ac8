import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import type { Endpoint } from "../platform/endpoint.ts";
import type { EntraTokenVerifier } from "../platform/entra.ts";
import { describeError } from "../platform/invocation-log.ts";
import { identifyCaller } from "./caller.ts";
import { challengeResponse } from "./challenge.ts";
import type { Graph } from "./graph.ts";
import { registerGetGraphUserDetails } from "./tools/get-graph-user-details.ts";
import type { ToolContext } from "./tools/tool.ts";
import { registerWhoami } from "./tools/whoami.ts";

/** API Management ends a stream on which nothing has moved for four minutes. */
const KEEP_ALIVE_MS = 30_000;
const LARGEST_BODY_BYTES = 256 * 1024;

/**
 * The MCP endpoint: Streamable HTTP without sessions, for clients of every protocol revision from 2025-03-26 to
 * 2026-07-28. Every request names its user by a bearer token; see {@link identifyCaller}.
 *
 * @param dependencies.requiredScope delegated scope that the token must hold
 */
export function mcpEndpoint(dependencies: {
  verify: EntraTokenVerifier;
  requiredScope: string;
  graph: Graph;
}): Endpoint {
  const { verify, requiredScope, graph } = dependencies;
  return async (request, call) => {
    const identified = await identifyCaller(request.headers.get("Authorization"), {
      verify,
      requiredScope,
      now: Date.now(),
    });
    if ("refusal" in identified) {
      call.log("warn", "caller_refused", { reason: identified.refusal.error });
      return challengeResponse(identified.refusal);
    }
    const context: ToolContext = { caller: identified.caller, call };
    // A handler of its own for each request: it holds nothing between requests, and its server acts for one caller.
    const handler = createMcpHandler(() => mcpServer(context, graph), {
      keepAliveMs: KEEP_ALIVE_MS,
      maxRequestBodySize: LARGEST_BODY_BYTES,
      onerror: (error) => call.log("warn", "mcp_error", describeError(error)),
    });
    return handler.fetch(request);
  };
}

function mcpServer(context: ToolContext, graph: Graph): McpServer {
  const server = new McpServer(
    { name: "graph-mcp", title: "Microsoft Graph", version: "1.0.0" },
    {
      // The tools never change while the server runs, so there is nothing to subscribe to.
      capabilities: { tools: { listChanged: false } },
      instructions: "Tools that work in the name of the signed-in Microsoft Entra ID user.",
    },
  );
  registerGetGraphUserDetails(server, context, graph);
  registerWhoami(server, context);
  return server;
}
