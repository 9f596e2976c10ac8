import { once } from "node:events";
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

/** A way to an MCP server for a program that cannot sign in: every request gets a token on its way. */
export interface AuthenticatingProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on loopback, and passes requests and answers on as they are but for `Host` and `Authorization`.
 *
 * @param mcpUrl behind the gateway
 */
export async function startAuthenticatingProxy(
  mcpUrl: string,
  accessToken: string,
): Promise<AuthenticatingProxy> {
  const target = new URL(mcpUrl);
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const onwards = send(target, {
      method: method ?? "GET",
      headers: { ...headers, host: target.host, authorization: `Bearer ${accessToken}` },
    });
    onwards.once("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      pipeline(answer, outgoing).catch(() => outgoing.destroy());
    });
    onwards.once("error", () => outgoing.destroy());
    // The program hung up: so does the proxy, or a stream would stay open behind it.
    outgoing.once("close", () => onwards.destroy());
    pipeline(incoming, onwards).catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
