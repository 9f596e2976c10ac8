import { channel } from "node:diagnostics_channel";
import { Server } from "node:http";

/**
 * Bytes of a request's line and header fields together. The Functions host takes 32 KiB (Kestrel's own limits: 8 for the line, 32 for
 * the fields) and adds a few fields.
 */
const HEAD_LIMIT_BYTES = 64 * 1024;

/**
 * Lets this process take every request that the Functions host takes. With Node's own limit of 16 KiB the HTTP server of
 * `@azure/functions` answers larger ones with 431, its invocation never gets its request, and the host waits for it until it gives
 * up. Before that server is started.
 */
export function takeWhatTheHostTakes(): void {
  channel("tracing:net.server.listen:asyncStart").subscribe((message) => {
    const { server } = message as { server: unknown };
    // Looked at for each new connection.
    if (server instanceof Server) Object.assign(server, { maxHeaderSize: HEAD_LIMIT_BYTES });
  });
}
