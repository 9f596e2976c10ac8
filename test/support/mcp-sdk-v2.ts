import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type VersionNegotiationMode,
} from "@modelcontextprotocol/client";
import type { McpConnection, McpProgram, McpProgramOptions } from "./mcp-program.ts";

/**
 * A program made with `@modelcontextprotocol/client`.
 *
 * @param versions which protocol revisions it speaks; the SDK's own choice when left out
 */
export function sdkV2Program(
  { mcpUrl, redirects, provider }: McpProgramOptions,
  versions?: VersionNegotiationMode,
): McpProgram {
  const attempt = () => ({
    client: new Client(
      { name: "sdk-v2-program", version: "1.0.0" },
      versions === undefined ? {} : { versionNegotiation: { mode: versions } },
    ),
    transport: new StreamableHTTPClientTransport(new URL(mcpUrl), { authProvider: provider }),
  });
  return {
    provider,
    async connect(openBrowser) {
      const first = attempt();
      try {
        await first.client.connect(first.transport);
        return connection(first.client);
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
      }
      const { url, state } = provider.pendingRequest();
      await openBrowser(url);
      await first.transport.finishAuth(await redirects.answerTo(state));
      const second = attempt();
      await second.client.connect(second.transport);
      return connection(second.client);
    },
  };
}

function connection(client: Client): McpConnection {
  return {
    protocolVersion: client.getNegotiatedProtocolVersion(),
    listTools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    async callTool(name) {
      const { isError = false, structuredContent = {} } = await client.callTool({ name, arguments: {} });
      return { isError, structured: structuredContent as Record<string, unknown> };
    },
    close: () => client.close(),
  };
}
