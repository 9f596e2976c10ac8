import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import type { Endpoint } from "../platform/endpoint.ts";
import type { EntraTokenVerifier } from "../platform/entra.ts";
import { describeError } from "../platform/invocation-log.ts";
import { responseUntil } from "../platform/response-until.ts";
import { type Caller, type CallerRefusal, type CallerRules, identifyCaller } from "./caller.ts";
import { challengeResponse } from "./challenge.ts";
import type { Graph } from "./graph.ts";
import { isOffered, missingScopes } from "./tool-scopes.ts";
import { registerDescribeAccess } from "./tools/describe-access.ts";
import { registerGetGraphUserDetails } from "./tools/get-graph-user-details.ts";
import type { ToolContext } from "./tools/run-tool.ts";
import { registerWhoami } from "./tools/whoami.ts";

/** API Management cuts a stream on which nothing has moved for four minutes. */
const KEEP_ALIVE_MS = 30_000;
const LARGEST_BODY_BYTES = 256 * 1024;

/**
 * The MCP endpoint: Streamable HTTP without sessions, for clients of every protocol revision from 2025-03-26 to
 * 2026-07-28. Every request names its user by a bearer token; see {@link identifyCaller}. No answer outlasts the token that it
 * was given for.
 *
 * @param dependencies.callers whom it serves
 * @param dependencies.gatewayScopes every scope that the gateway may grant for this server
 */
export function mcpEndpoint(dependencies: {
  verify: EntraTokenVerifier;
  callers: CallerRules;
  gatewayScopes: readonly string[];
  graph: Graph;
}): Endpoint {
  const { verify, callers, gatewayScopes, graph } = dependencies;
  return async (request, call) => {
    const refuse = (refusal: CallerRefusal) => {
      call.log("warn", "caller_refused", { reason: refusal.error });
      return challengeResponse(refusal);
    };
    const identified = await identifyCaller(request.headers, { verify, rules: callers, now: Date.now() });
    if ("refusal" in identified) return refuse(identified.refusal);
    const { caller } = identified;

    const message = request.method === "POST" ? await readMessage(request.clone().body) : undefined;
    if (message === NOT_JSON) return notJson();
    const missing = missingScopes(message, caller.grant.scopes);
    if (missing.length > 0) return refuse({ error: "insufficient_scope", scope: missing.join(" ") });

    // A handler of its own for each request: it holds nothing between requests, and its server acts for one caller.
    const handler = createMcpHandler(() => mcpServer({ caller, call }, graph, gatewayScopes), {
      keepAliveMs: KEEP_ALIVE_MS,
      maxRequestBodySize: LARGEST_BODY_BYTES,
      onerror: (error) => call.log("warn", "mcp_error", describeError(error)),
    });
    const options = message === undefined ? {} : { parsedBody: message };
    return responseUntil(await handler.fetch(request, options), endOf(caller));
  };
}

/** When the first of the two tokens ends: Entra's, or the one that the client has from the gateway. */
function endOf({ tokenEndsAt, grant }: Caller): Date {
  return grant.tokenEndsAt && grant.tokenEndsAt < tokenEndsAt ? grant.tokenEndsAt : tokenEndsAt;
}

const NOT_JSON = Symbol("not JSON");

/**
 * Reads a body once, so that the tool that runs is the tool whose scopes were checked.
 *
 * @returns the parsed body; {@link NOT_JSON} where it cannot be parsed; undefined where it is larger than allowed, which the
 *   handler answers without reading it
 */
async function readMessage(body: ReadableStream<Uint8Array> | null): Promise<unknown> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || !value) break;
    chunks.push(value);
    size += value.length;
    if (size > LARGEST_BODY_BYTES) {
      // It is done only when the handler has done with its own copy.
      void reader?.cancel();
      return undefined;
    }
  }
  try {
    // Without a byte order mark, as a Request's own `json()` reads it.
    return JSON.parse(new TextDecoder().decode(Buffer.concat(chunks)));
  } catch {
    return NOT_JSON;
  }
}

/** A parse error of JSON-RPC 2.0 §5.1. */
function notJson(): Response {
  const error = { code: -32700, message: "Parse error: the request body is not valid JSON" };
  return Response.json({ jsonrpc: "2.0", id: null, error }, { status: 400 });
}

function mcpServer(context: ToolContext, graph: Graph, gatewayScopes: readonly string[]): McpServer {
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
  if (isOffered("describe_access", gatewayScopes)) registerDescribeAccess(server, context);
  return server;
}
