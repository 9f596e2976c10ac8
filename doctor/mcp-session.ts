import { Client, type FetchLike, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Visit } from "./visit.ts";

/** A call that came to nothing, with what the gateway said of it. */
export class McpError extends Error {
  override name = "McpError";
  /** Of the last answer that was an error; undefined when HTTP went well, or nobody answered. */
  readonly status: number | undefined;
  readonly correlationId: string | undefined;

  constructor(message: string, refused: Response | undefined) {
    super(message);
    this.status = refused?.status;
    this.correlationId = refused?.headers.get("x-correlation-id") ?? undefined;
  }
}

/**
 * Connects to the MCP server with an access token, as MCP clients do.
 *
 * @param use is given the connected client
 * @throws McpError
 */
export async function withMcp<T>(
  visit: Pick<Visit, "mcpUrl" | "network">,
  accessToken: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  let refused: Response | undefined;
  const fetch: FetchLike = async (url, init) => {
    const response = await visit.network.fetch(url, init);
    if (!response.ok) refused = response;
    return response;
  };
  const client = new Client(
    { name: "entra-mcp-gateway doctor", version: "1" },
    { versionNegotiation: { mode: "auto" } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(visit.mcpUrl), {
    fetch,
    requestInit: { headers: { Authorization: `Bearer ${accessToken}` } },
  });
  try {
    await client.connect(transport);
    return await use(client);
  } catch (error) {
    throw new McpError(error instanceof Error ? error.message : "unknown", refused);
  } finally {
    await client.close();
  }
}
