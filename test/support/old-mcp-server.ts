import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** The MCP revision before protected resource metadata; the only one with JSON-RPC batches. */
export const OLD_REVISION = "2025-03-26";

interface Message {
  readonly id?: number | string;
  readonly method: string;
}

/** An MCP server that speaks revision 2025-03-26 and no other. */
export interface OldMcpServer {
  readonly url: string;
  /** What it was sent: messages, one or a batch. */
  readonly received: readonly { readonly headers: IncomingHttpHeaders; readonly body: unknown }[];
  stop(): Promise<void>;
}

/** Starts it on loopback. It answers in JSON, a batch with a batch, and offers no stream of its own. */
export async function startOldMcpServer(): Promise<OldMcpServer> {
  const received: { headers: IncomingHttpHeaders; body: unknown }[] = [];
  const server = createServer(async (request, response): Promise<void> => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const body = (await json(request)) as Message | readonly Message[];
    received.push({ headers: request.headers, body });
    const answers = [body].flat().flatMap(answerTo);
    if (answers.length === 0) return void response.writeHead(202).end();
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    received,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function answerTo({ id, method }: Message): object[] {
  if (id === undefined) return [];
  const result = RESULTS[method];
  const error = { code: -32601, message: "Method not found" };
  return [{ jsonrpc: "2.0", id, ...(result ? { result } : { error }) }];
}

const RESULTS: Readonly<Record<string, object>> = {
  initialize: {
    protocolVersion: OLD_REVISION,
    capabilities: { tools: {} },
    serverInfo: { name: "old", version: "1.0.0" },
  },
  ping: {},
  "tools/list": { tools: [{ name: "old_tool", inputSchema: { type: "object" } }] },
  "tools/call": { content: [{ type: "text", text: "old" }] },
};
