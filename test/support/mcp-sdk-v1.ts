import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { McpConnection, McpProgram, McpProgramOptions } from "./mcp-program.ts";

/** A program made with `@modelcontextprotocol/sdk` 1.x. */
export function sdkV1Program({ mcpUrl, redirects, provider }: McpProgramOptions): McpProgram {
  const attempt = () => ({
    client: new Client({ name: "sdk-v1-program", version: "1.0.0" }),
    transport: new StreamableHTTPClientTransport(new URL(mcpUrl), { authProvider: provider }),
  });
  return {
    provider,
    async connect(openBrowser) {
      const first = attempt();
      try {
        return await connected(first);
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
      }
      const { url, state } = provider.pendingRequest();
      await openBrowser(url);
      await first.transport.finishAuth(codeOf(await redirects.answerTo(state)));
      return connected(attempt());
    },
  };
}

/** This SDK leaves the answer's errors to the program. */
function codeOf(answer: URLSearchParams): string {
  const code = answer.get("code");
  if (code === null) throw new Error(`${answer.get("error")}: ${answer.get("error_description")}`);
  return code;
}

async function connected({
  client,
  transport,
}: {
  client: Client;
  transport: StreamableHTTPClientTransport;
}): Promise<McpConnection> {
  await client.connect(transport);
  return {
    protocolVersion: transport.protocolVersion,
    listTools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    async callTool(name) {
      const { isError, structuredContent = {} } = await client.callTool({ name, arguments: {} });
      return { isError: isError === true, structured: structuredContent as Record<string, unknown> };
    },
    close: () => client.close(),
  };
}
