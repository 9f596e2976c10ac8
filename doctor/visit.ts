import type { GatewayConfig } from "../config/schema.ts";
import type { Network } from "./network.ts";

/** What the doctor was asked to look at, and its ways to the world outside. */
export interface Visit {
  /** As the person typed it. */
  readonly mcpUrl: string;
  /** Origin of the MCP URL, which has to be the issuer as well. */
  readonly origin: string;
  /** Path of the MCP URL, with a leading slash and none at the end. */
  readonly path: string;
  /** The gateway runs on this machine, where plain http and localhost are in order. */
  readonly local: boolean;
  /** Base URL of the authorization server's Functions app, without a slash at the end. */
  readonly authorizationServerUrl?: string;
  /** An Entra token of the caller's own, to be presented at the MCP server. */
  readonly entraToken?: string;
  /** What the gateway is configured with. */
  readonly configuration: {
    /** As the person named it. */
    readonly file: string;
    /** @throws ConfigError */
    readonly load: () => Promise<GatewayConfig>;
  };
  /** Go on through the browser to the tools. */
  readonly signIn: boolean;
  /** Milliseconds to wait for the person in the browser. */
  readonly signInTimeout: number;
  readonly network: Network;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Opens a URL for the person; false when there is no browser to open. */
  readonly openBrowser: (url: string) => Promise<boolean>;
  /** Tells the person something while the doctor works. */
  readonly say: (text: string) => void;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** @param hostname as `URL.hostname` gives it */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname) || hostname.endsWith(".localhost");
}

/**
 * Reads what the person typed.
 *
 * @throws Error saying what is wrong with it
 */
export function readMcpUrl(text: string): Pick<Visit, "mcpUrl" | "origin" | "path" | "local"> {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error("The MCP URL is a whole address, such as https://mcp.contoso.com/mcp.");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new Error("The MCP URL has no user name, no query and no fragment.");
  }
  return {
    mcpUrl: text,
    origin: url.origin,
    path: url.pathname.replace(/\/+$/, ""),
    local: isLoopback(url.hostname),
  };
}
