import type { MemoryOAuthProvider } from "./mcp-oauth-provider.ts";
import type { RedirectListener } from "./mcp-redirect-listener.ts";

/** Brings an authorization URL to a person's browser; resolves when the person is done. */
export type OpenBrowser = (url: URL) => Promise<unknown>;

/** What a tool answered. */
export interface ToolAnswer {
  readonly isError: boolean;
  readonly structured: Readonly<Record<string, unknown>>;
}

/** An MCP client that is connected to a server. */
export interface McpConnection {
  readonly protocolVersion: string | undefined;
  listTools(): Promise<string[]>;
  callTool(name: string): Promise<ToolAnswer>;
  close(): Promise<void>;
}

/** A program with an MCP client in it: it knows the server's URL and nothing else. */
export interface McpProgram {
  readonly provider: MemoryOAuthProvider;
  /**
   * Connects; where the server wants a sign-in, the person does it, and the program connects again.
   *
   * @throws Error when the sign-in is refused
   */
  connect(openBrowser: OpenBrowser): Promise<McpConnection>;
}

export interface McpProgramOptions {
  readonly mcpUrl: string;
  readonly redirects: RedirectListener;
  readonly provider: MemoryOAuthProvider;
}
