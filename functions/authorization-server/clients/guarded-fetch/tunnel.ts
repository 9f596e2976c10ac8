import { request } from "node:http";
import type { Duplex } from "node:stream";
import { codeOf, FetchError } from "./fetch-error.ts";

const HEADERS_LIMIT_BYTES = 8 * 1024;

/**
 * Opens a way through a forward proxy to a host (CONNECT, RFC 9110 §9.3.6). The proxy learns the host's name and nothing of
 * what is said in TLS over it.
 *
 * @param proxy `http://host:port`
 * @param host with its port
 * @param signal ends the attempt; the caller ends the socket
 * @throws FetchError `unavailable` when the proxy is not there or does not lead to the host; the signal's reason
 */
export function openTunnel(proxy: string, host: string, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) =>
      reject(signal.aborted ? signal.reason : new FetchError("unavailable", `proxy ${reason}`, { cause }));
    request(proxy, {
      method: "CONNECT",
      path: host,
      headers: { host },
      // A pool of its own, used once: the global one may be set to go through another proxy.
      agent: false,
      maxHeaderSize: HEADERS_LIMIT_BYTES,
      signal,
    })
      .once("connect", ({ statusCode = 0 }, socket, head) => {
        if (statusCode >= 200 && statusCode < 300 && head.byteLength === 0) return resolve(socket);
        socket.destroy();
        // A host never speaks first in TLS, so these are the proxy's own words.
        fail(head.byteLength > 0 && statusCode < 300 ? "early_data" : `status ${statusCode}`);
      })
      // Not once: an error without a listener, after the tunnel has begun, would end the process.
      .on("error", (error) => fail(codeOf(error), error))
      .end();
  });
}
