import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** What an MCP server lists, by the method that asks for it. */
export type Listed = Readonly<Record<string, readonly string[]>>;

/** An MCP server that lists things, one a page, and does nothing else. */
export interface ListingServer {
  readonly url: string;
  /** Methods that it was asked, in order. */
  readonly asked: readonly string[];
  /** Lists these from now on; a method that is missing here fails. */
  list(listed: Listed): void;
  stop(): Promise<void>;
}

interface Message {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly cursor?: string };
}

/** Where an entry of each list has its name. */
const ENTRIES: Readonly<Record<string, (name: string) => object>> = {
  "tools/list": (name) => ({ tools: [{ name, inputSchema: { type: "object" } }] }),
  "prompts/list": (name) => ({ prompts: [{ name }] }),
  "resources/list": (uri) => ({ resources: [{ uri, name: "x" }] }),
  "resources/templates/list": (uriTemplate) => ({ resourceTemplates: [{ uriTemplate, name: "x" }] }),
};

/** Starts it on loopback. */
export async function startListingServer(): Promise<ListingServer> {
  const asked: string[] = [];
  let listed: Listed = {};
  const answer = ({ id, method, params }: Message): object => {
    asked.push(method);
    if (method === "initialize") return { jsonrpc: "2.0", id, result: introduction(listed) };
    const page = Number(params?.cursor ?? 0);
    const name = listed[method]?.[page];
    const entry = name === undefined ? undefined : ENTRIES[method]?.(name);
    if (!entry) return { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } };
    const isLast = page + 1 === listed[method]?.length;
    return { jsonrpc: "2.0", id, result: { ...entry, ...(isLast ? {} : { nextCursor: String(page + 1) }) } };
  };
  const server = createServer(async (request, response): Promise<void> => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const message = (await json(request)) as Message;
    if (message.id === undefined) return void response.writeHead(202).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer(message)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    asked,
    list: (next) => {
      listed = next;
      asked.splice(0);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function introduction(listed: Listed): object {
  const kinds = new Set(Object.keys(listed).map((method) => method.split("/")[0] ?? ""));
  return {
    protocolVersion: "2025-11-25",
    capabilities: Object.fromEntries([...kinds].map((kind) => [kind, {}])),
    serverInfo: { name: "lists", version: "1.0.0" },
  };
}
